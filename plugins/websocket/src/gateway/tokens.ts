/** Issues and verifies subscription tokens: JWTs (RFC 7519), PROTOCOL.md section 1. */
import { SignJWT, createLocalJWKSet, errors, jwtVerify } from 'jose';
import type { JWK, JWTVerifyGetKey } from 'jose';
import { z } from '@tickhub/plugin-sdk';
import { CloseCode } from '../wire/link-constants.ts';
import { AgentLimits } from './agents/ask-allowance.ts';
import { RefusedClient } from './errors.ts';
import type { SigningKey } from './signing-key.ts';

export const ISSUER = 'tickhub-gateway';
export const AUDIENCE = 'tickhub';
/** Clocks of user and backend may differ by so much, in seconds. */
export const CLOCK_TOLERANCE_S = 60;

export const Tier = z.enum(['free', 'pro', 'enterprise']);
export type Tier = z.infer<typeof Tier>;

/** One to 128 characters without control characters or slashes. */
export const UserId = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[^\p{Cc}/\\]+$/u, 'no slashes or control characters');

export interface TokenRequest {
  readonly userId: string;
  readonly tier: Tier;
  /** Seconds from now. */
  readonly expiresIn: number;
  /** Limits that differ from the tier's: whole numbers or "unlimited". */
  readonly limits?: Readonly<Record<string, number | 'unlimited'>>;
}

const Claims = z.object({ sub: z.string(), exp: z.number(), tier: Tier, limits: AgentLimits });

export interface VerifiedToken {
  readonly userId: string;
  readonly tier: Tier;
  /** What the token says otherwise than its tier. */
  readonly limits: AgentLimits;
  /** Unix epoch seconds. */
  readonly expiresAt: number;
}

export interface TokenTrust {
  /** Keys of other issuers that count too: Ed25519 or RSA public JWKs. */
  readonly keys?: readonly JWK[];
  /** Who else may have issued a token. */
  readonly issuers?: readonly string[];
}

export class Tokens {
  /** The gateway's own public keys, for `/.well-known/jwks.json`. */
  readonly jwks: { readonly keys: readonly JWK[] };
  readonly #key: SigningKey;
  readonly #trusted: JWTVerifyGetKey;
  readonly #issuers: string[];

  constructor(key: SigningKey, trust: TokenTrust = {}) {
    this.#key = key;
    this.jwks = { keys: [key.publicJwk] };
    this.#trusted = createLocalJWKSet({ keys: [key.publicJwk, ...(trust.keys ?? [])] });
    this.#issuers = [ISSUER, ...(trust.issuers ?? [])];
  }

  /** A token signed by this gateway. It is a secret. */
  issueToken({ userId, tier, expiresIn, limits }: TokenRequest): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({ tier, ...(limits ? { limits } : {}) })
      .setProtectedHeader({ alg: 'EdDSA', kid: this.#key.kid, typ: 'JWT' })
      .setSubject(userId)
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setIssuedAt(now)
      .setExpirationTime(now + expiresIn)
      .sign(this.#key.privateKey);
  }

  /**
   * Verifies the `Authorization` header of a client of `userId`.
   * @throws {RefusedClient} saying what is wrong, never the token.
   */
  async verify(authorization: string | undefined, userId: string): Promise<VerifiedToken> {
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) throw new RefusedClient(CloseCode.unauthorized, 'a token is missing: send Authorization: Bearer TOKEN');
    const claims = Claims.safeParse(await this.#payload(token));
    if (!claims.success) throw new RefusedClient(CloseCode.unauthorized, 'the token is signed, but lacks sub, exp or tier');
    const { sub, exp, tier, limits } = claims.data;
    if (sub !== userId) throw new RefusedClient(CloseCode.wrongUser, "the token is another user's than the one in the URL");
    return { userId: sub, tier, limits, expiresAt: exp };
  }

  async #payload(token: string): Promise<unknown> {
    try {
      const { payload } = await jwtVerify(token, this.#trusted, {
        algorithms: ['EdDSA', 'RS256'],
        issuer: this.#issuers,
        audience: AUDIENCE,
        clockTolerance: CLOCK_TOLERANCE_S,
        requiredClaims: ['sub', 'exp', 'iat'],
      });
      return payload;
    } catch (error) {
      throw refusal(error);
    }
  }
}

function refusal(error: unknown): RefusedClient {
  if (error instanceof errors.JWTExpired) return new RefusedClient(CloseCode.expired, 'the token has expired: get a new one');
  if (error instanceof errors.JWTClaimValidationFailed) {
    return new RefusedClient(CloseCode.unauthorized, `the token's claim ${error.claim} does not fit: get one that this backend issued`);
  }
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported) {
    return new RefusedClient(CloseCode.unauthorized, 'the token is not signed with EdDSA or RS256');
  }
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWSSignatureVerificationFailed) {
    return new RefusedClient(CloseCode.unauthorized, 'the token is not signed by a key of this backend');
  }
  return new RefusedClient(CloseCode.unauthorized, 'the token is not a JWT');
}
