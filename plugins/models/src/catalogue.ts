import type { BarModel, MakeModel, RecordModel } from './model.ts';

/** Models of closed bars, in the order in which they are asked: each may use what those before it found. */
export const BAR_MODELS: Readonly<Record<string, MakeModel<BarModel>>> = {};

/** Models of headlines and posts. */
export const RECORD_MODELS: Readonly<Record<string, MakeModel<RecordModel>>> = {};
