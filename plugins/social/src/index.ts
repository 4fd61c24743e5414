import { Clock, definePlugin, Http, Log, Publish, Socket, Store } from '@tickhub/plugin-sdk';
import { Config } from './config.ts';
import { start } from './start.ts';

/** What is said of each symbol on social networks: volume and sentiment over windows. */
export default definePlugin({
  kind: 'data-source',
  inject: { publish: Publish, http: Http, socket: Socket, store: Store, clock: Clock, log: Log },
  config: Config,
  start,
});
