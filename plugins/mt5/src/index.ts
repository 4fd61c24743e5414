import { Clock, definePlugin, Gate, Log, Publish, Store } from '@tickhub/plugin-sdk';
import { Config } from './config.ts';
import { start } from './start.ts';

/** Ticks from MetaTrader 5 terminals, or from recorded files. */
export default definePlugin({
  kind: 'data-source',
  inject: { publish: Publish, gate: Gate, clock: Clock, log: Log, store: Store },
  config: Config,
  start,
});
