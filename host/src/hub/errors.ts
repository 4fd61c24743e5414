/** What can go wrong in the hub itself. `code` is for machines, the message says what to do. */
export class HubError extends Error {
  readonly code: 'NOT_REGISTERED' | 'SCOPE_CLOSED' | 'START_FAILED' | 'DUPLICATE_SERVICE';

  constructor(code: HubError['code'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'HubError';
    this.code = code;
  }
}
