export type FeatureErrorCode =
  /** No feature has this name. */
  | 'UNKNOWN_FEATURE'
  /** A bar without a logarithm, with its high under its low, or not later than the one before. */
  | 'BAD_BAR';

/** Why features cannot be computed; the message says what to do. */
export class FeatureError extends Error {
  readonly code: FeatureErrorCode;

  constructor(code: FeatureErrorCode, message: string) {
    super(message);
    this.name = 'FeatureError';
    this.code = code;
  }
}
