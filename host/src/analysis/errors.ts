export type AnalysisErrorCode =
  | 'ANALYST_GONE'
  | 'ANALYSIS_FAILED'
  | 'ANALYSIS_LATE'
  | 'ANALYSIS_OVERTAKEN'
  | 'NO_SYMBOL'
  | 'SYMBOL_HELD_BACK'
  | 'NO_MODELS'
  | 'ARCHIVE_UNUSABLE'
  | 'ARCHIVE_FAILED'
  | 'ARCHIVE_CLOSED';

/** What went wrong with an analysis; the message says what to do. */
export class AnalysisError extends Error {
  readonly code: AnalysisErrorCode;
  readonly plugin: string | undefined;

  constructor(code: AnalysisErrorCode, message: string, { plugin, cause }: { readonly plugin?: string; readonly cause?: unknown } = {}) {
    super(message, { cause });
    this.name = 'AnalysisError';
    this.code = code;
    this.plugin = plugin;
  }
}
