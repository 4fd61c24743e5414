/** What can go wrong with the spool as a whole. `code` is for machines, the message says what to do. */
export class SpoolError extends Error {
  readonly code: 'SPOOL_IN_USE' | 'SPOOL_UNUSABLE' | 'SPOOL_WORKER' | 'SPOOL_CLOSED' | 'SPOOL_FRAME' | 'SPOOL_UNWRITTEN';

  constructor(code: SpoolError['code'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'SpoolError';
    this.code = code;
  }
}
