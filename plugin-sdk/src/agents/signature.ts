/** The bytes that agents and backends sign, and Ed25519 (RFC 8032) over them. */
import { createHash, createPublicKey, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { AgentAnswer, AgentConsensus, AgentRoster } from '../protocol/agents.ts';
import { canonicalJson } from './canonical-json.ts';

type Signed = AgentAnswer | AgentConsensus | AgentRoster;
type Unsigned<T extends Signed> = Omit<T, 'signature'>;

/** The name of what is signed leads the bytes, so that a signature of one kind counts for no other. */
function bytes(kind: string, signed: Unsigned<Signed>): Uint8Array {
  return new TextEncoder().encode(`tickhub agents 1 ${kind}\n${canonicalJson({ ...signed, signature: undefined })}`);
}

/** All of an answer but its signature; request and user among it. */
export function answerBytes(answer: Unsigned<AgentAnswer>): Uint8Array {
  return bytes('answer', answer);
}

export function consensusBytes(consensus: Unsigned<AgentConsensus>): Uint8Array {
  return bytes('consensus', consensus);
}

export function rosterBytes(roster: Unsigned<AgentRoster>): Uint8Array {
  return bytes('roster', roster);
}

/** SHA-256 of what an agent signed, base64url. */
export function answerDigest(answer: Unsigned<AgentAnswer>): string {
  return createHash('sha256').update(answerBytes(answer)).digest('base64url');
}

/** @param key a private Ed25519 key. @returns base64url */
export function signBytes(signed: Uint8Array, key: KeyObject): string {
  return sign(null, signed, key).toString('base64url');
}

export function isSigned(signed: Uint8Array, signature: string, key: KeyObject): boolean {
  return verify(null, signed, key, Buffer.from(signature, 'base64url'));
}

/**
 * A public Ed25519 key from the `x` of its JWK.
 * @throws {Error} when it is none.
 */
export function publicKeyOf(x: string): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
}
