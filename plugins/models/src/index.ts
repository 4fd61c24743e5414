import { Analyst, definePlugin, Log } from '@tickhub/plugin-sdk';
import { Config } from './config.ts';
import { start } from './start.ts';

/** Volatility, trend, patterns, sentiment, their ensemble, and risk: small models that run where the ticks are. */
export default definePlugin({ kind: 'model', inject: { analyst: Analyst, log: Log }, config: Config, start });
