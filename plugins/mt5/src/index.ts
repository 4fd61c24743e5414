import { Clock, definePlugin, Gate, Log, Publish, Socket, Store } from '@tickhub/plugin-sdk';
import { Config } from './config.ts';
import { start } from './start.ts';

/** Ticks from MetaTrader 5 terminals, through an EA of ours or through other programs' bridges, or from recorded files. */
export default definePlugin({
  kind: 'data-source',
  inject: { publish: Publish, gate: Gate, clock: Clock, log: Log, store: Store, socket: Socket },
  config: Config,
  start,
});
