/**
 * A file of ticks or bars that cannot be read on: missing, damaged, or no such file at all. Code `DATA_FILE`; the message names the file and what to
 * do. What was read before it is good.
 */
export class DataFileError extends Error {
  readonly code = 'DATA_FILE';

  constructor(file: string, what: string) {
    super(`${file}: ${what}`);
    this.name = 'DataFileError';
  }
}
