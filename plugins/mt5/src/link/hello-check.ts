import { createHash, timingSafeEqual } from 'node:crypto';
import { badFrame, LinkError } from './errors.ts';
import { LinkCode, TICK_BYTES } from './wire.ts';
import type { Hello } from './frames.ts';

const EA_ID = /^[\p{L}\p{N}][\p{L}\p{N} ._@#-]{0,63}$/u;

/** Holds a HELLO against protocol, tick layout, token and the form of an EA's id. @throws {LinkError} */
export function checkHello(hello: Hello, token: string, maxProto: number): void {
  if (hello.proto < 1) {
    throw new LinkError(LinkCode.badProto, `protocol ${hello.proto}; this plugin speaks 1 to ${maxProto}`);
  }
  if (hello.sizeofTick !== TICK_BYTES) {
    throw new LinkError(LinkCode.badProto, `sizeof(MqlTick) is ${hello.sizeofTick}, expected ${TICK_BYTES}`);
  }
  if (!sameToken(hello.token, token)) throw new LinkError(LinkCode.badToken, 'the token is wrong');
  if (!EA_ID.test(hello.eaId)) {
    throw badFrame('HELLO: eaId must have 1 to 64 letters, digits, spaces or . _ - @ #, and begin with a letter or digit');
  }
}

/** Compares in a time that does not depend on where they differ, nor on their lengths. */
function sameToken(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
