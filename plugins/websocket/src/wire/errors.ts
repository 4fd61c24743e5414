/** A message or frame that does not follow PROTOCOL.md. Code `WIRE_FORMAT`; whoever sent it is at fault. */
export class WireFormatError extends Error {
  readonly code = 'WIRE_FORMAT';

  constructor(what: string, cause?: unknown) {
    super(what, cause === undefined ? undefined : { cause });
    this.name = 'WireFormatError';
  }
}
