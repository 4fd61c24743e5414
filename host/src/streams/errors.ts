/** A plugin sent, or called, something that its kind may not. In a frame or message it crashes the isolate; a call is answered with it. */
export class StreamError extends Error {
  readonly code: 'UNKNOWN_SOURCE' | 'UNKNOWN_SYMBOL' | 'BAD_FRAME' | 'BAD_MESSAGE' | 'CAPABILITY_DENIED' | 'TOO_MANY_SYMBOLS';

  constructor(code: StreamError['code'], message: string) {
    super(message);
    this.name = 'StreamError';
    this.code = code;
  }
}
