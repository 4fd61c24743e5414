/** What the host imports: both sides of the border between host and isolate. Plugin authors import the package's main entry instead. */
export { BatchFormatError } from './batch/errors.ts';
export { MAX_BATCH_TICKS, TickBatch, TickFlag } from './batch/tick-batch.ts';
export { TickBatchBuilder } from './batch/tick-batch-builder.ts';
export { isBehind, START_CURSOR } from './batch/cursor.ts';
export type { TickCursor } from './batch/cursor.ts';
export * from './manifest/manifest.ts';
export * from './protocol/analysis.ts';
export * from './protocol/control.ts';
export * from './protocol/pipe.ts';
export * from './protocol/history.ts';
export * from './protocol/records.ts';
export { DEEPEST_BODY, RecordBodies, isTooDeep } from './records/bodies.ts';
export type { RecordBody } from './records/bodies.ts';
export { AnalysisBody, ConsensusAnalysis, Contribution, ModelAnalysis } from './records/analysis.ts';
export { BarBody, PriceSide } from './records/bar.ts';
export { SDK_VERSION } from './version.ts';
export { parseManifest } from './manifest/parse.ts';
export type { ManifestError, ParsedManifest } from './manifest/parse.ts';
