/** A recorded file that cannot be played. Code `REPLAY_FILE`; the message names the file and what to do. */
export class ReplayFileError extends Error {
  readonly code = 'REPLAY_FILE';

  constructor(file: string, what: string) {
    super(`${file}: ${what}`);
    this.name = 'ReplayFileError';
  }
}
