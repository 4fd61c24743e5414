/** A batch that is not one: its bytes do not follow the format. Code `BATCH_FORMAT`. */
export class BatchFormatError extends Error {
  readonly code = 'BATCH_FORMAT';

  constructor(what: string) {
    super(`not a tick batch: ${what}`);
    this.name = 'BatchFormatError';
  }
}
