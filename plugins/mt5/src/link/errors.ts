import { LinkCode } from './wire.ts';

const NAMES: Readonly<Record<LinkCode, string>> = {
  [LinkCode.badFrame]: 'LINK_BAD_FRAME',
  [LinkCode.badProto]: 'LINK_BAD_PROTO',
  [LinkCode.badToken]: 'LINK_BAD_TOKEN',
  [LinkCode.duplicateEa]: 'LINK_DUPLICATE_EA',
  [LinkCode.helloTimeout]: 'LINK_HELLO_TIMEOUT',
  [LinkCode.noSymbol]: 'LINK_NO_SYMBOL',
  [LinkCode.busy]: 'LINK_BUSY',
  [LinkCode.stopping]: 'LINK_STOPPING',
  [LinkCode.reload]: 'LINK_RELOAD',
};

/** A peer that breaks the rules of LINK.md, or is refused by them. The message goes to the peer in an ERR frame: no secrets in it. */
export class LinkError extends Error {
  readonly code: string;
  /** The code of the ERR frame. */
  readonly wireCode: LinkCode;

  constructor(wireCode: LinkCode, what: string) {
    super(what);
    this.name = 'LinkError';
    this.wireCode = wireCode;
    this.code = NAMES[wireCode];
  }
}

export function badFrame(what: string): LinkError {
  return new LinkError(LinkCode.badFrame, what);
}
