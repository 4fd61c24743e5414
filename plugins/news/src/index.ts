import { Clock, definePlugin, Http, Log, Publish, Store } from '@tickhub/plugin-sdk';
import { Config } from './config.ts';
import { start } from './start.ts';

/** News from RSS, Atom and JSON feeds. */
export default definePlugin({
  kind: 'data-source',
  inject: { publish: Publish, http: Http, store: Store, clock: Clock, log: Log },
  config: Config,
  start,
});
