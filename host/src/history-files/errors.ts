/** An export that cannot be made. Code `EXPORT`; the message says what to do. */
export class ExportError extends Error {
  readonly code = 'EXPORT';

  constructor(message: string) {
    super(message);
    this.name = 'ExportError';
  }
}
