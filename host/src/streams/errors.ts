/** A plugin sent something that its channel does not allow. The isolate is crashed with this reason. */
export class StreamError extends Error {
  readonly code: 'UNKNOWN_SOURCE' | 'UNKNOWN_SYMBOL' | 'BAD_FRAME' | 'TOO_MANY_SYMBOLS';

  constructor(code: StreamError['code'], message: string) {
    super(message);
    this.name = 'StreamError';
    this.code = code;
  }
}
