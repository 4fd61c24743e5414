/**
 * The MetaTrader terminal's counterpart: the real Expert Advisor, compiled from plugins/mt5/mql5 with g++ against a small shim,
 * in front of a market of recorded ticks.
 */
export { compileEa, type CompileOptions, type EaVariant } from './compile.ts';
export { recordTicks, TICK_BYTES, type Recording, type RecordOptions } from './record.ts';
export { startEa, type EaExit, type EaHandle, type EaOptions, type EaReport, type EaSymbol } from './start.ts';
