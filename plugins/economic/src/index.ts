import { Clock, definePlugin, Http, Log, Publish, Store } from '@tickhub/plugin-sdk';
import { Config } from './config.ts';
import { start } from './start.ts';

/** The economic calendar: what is due, a countdown to it, and how it came out. */
export default definePlugin({
  kind: 'data-source',
  inject: { publish: Publish, http: Http, clock: Clock, store: Store, log: Log },
  config: Config,
  start,
});
