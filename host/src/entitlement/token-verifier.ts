import { Tier } from '@tickhub/plugin-sdk/host';
import { createLocalJWKSet, errors, jwtVerify } from 'jose';
import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { limitsOf, LimitsClaim } from './limits.ts';
import type { Entitlement } from './entitlement.ts';
import { malformedToken, missingToken, TokenError } from './errors.ts';

const Claims = z.object({
  sub: z.string().min(1),
  exp: z.number(),
  tier: Tier,
  limits: LimitsClaim.optional(),
});

/** A JWKS as far as it must be one to be read at all; each key is jose's business. */
export const KeySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) });

/** Seconds by which the clocks of backend and PC may differ. */
export const CLOCK_TOLERANCE_S = 60;

/** What is expected of a token besides its signature. */
export interface TokenExpectations {
  readonly issuer?: string | undefined;
  readonly audience?: string | undefined;
  /** Seconds by which the clocks of backend and PC may differ. */
  readonly clockToleranceS: number;
}

/**
 * Verifies subscription tokens: JWT (RFC 7519) signed with EdDSA or RS256 by a key of the backend's JWKS (RFC 7517). `alg: none`, other
 * algorithms and unknown keys are refused by name.
 */
export class TokenVerifier {
  /** The key set it verifies with, as it was given. */
  readonly jwks: unknown;
  readonly #key: JWTVerifyGetKey;
  readonly #expect: TokenExpectations;

  /** @throws {TokenError} TOKEN_KEYS when `jwks` is not a key set. */
  constructor(jwks: unknown, expect: TokenExpectations) {
    const parsed = KeySet.safeParse(jwks);
    if (!parsed.success) {
      throw new TokenError(
        'TOKEN_KEYS',
        'the backend\'s key set is not a JWKS: it needs a list "keys" with at least one key',
        parsed.error,
      );
    }
    this.jwks = jwks;
    this.#key = createLocalJWKSet(parsed.data as JSONWebKeySet);
    this.#expect = expect;
  }

  /**
   * @param now Unix epoch milliseconds to hold the token's times against.
   * @param graceMs how long a token counts on after its end.
   * @throws {TokenError} with what is wrong and what to do.
   */
  async verify(token: string, now: number, graceMs = 0): Promise<Entitlement> {
    if (token.trim() === '') throw missingToken();
    const payload = await this.#payload(token.trim(), now, graceMs);
    const claims = Claims.safeParse(payload);
    if (!claims.success) {
      const issue = claims.error.issues[0];
      const claim = issue === undefined ? 'a claim' : `the claim "${issue.path.join('.')}"`;
      throw new TokenError(
        'TOKEN_CLAIMS',
        `the token is signed, but ${claim} is missing or wrong (${issue?.message}); ask the backend for a new one`,
      );
    }
    const { sub, exp, tier, limits } = claims.data;
    return {
      tier,
      limits: limitsOf(tier, limits),
      userId: sub,
      expiresAt: exp,
      ground: `token of ${sub}, valid until ${new Date(exp * 1000).toISOString()}`,
    };
  }

  async #payload(token: string, now: number, graceMs: number): Promise<unknown> {
    const { issuer, audience, clockToleranceS } = this.#expect;
    try {
      const { payload } = await jwtVerify(token, this.#key, {
        algorithms: ['EdDSA', 'RS256'],
        currentDate: new Date(now),
        clockTolerance: clockToleranceS + graceMs / 1000,
        requiredClaims: ['sub', 'exp'],
        // jose tells an expectation of undefined from none.
        ...(issuer !== undefined && { issuer }),
        ...(audience !== undefined && { audience }),
      });
      return payload;
    } catch (error) {
      throw tokenError(error);
    }
  }
}

function tokenError(error: unknown): TokenError {
  if (error instanceof errors.JWTExpired) {
    return new TokenError('TOKEN_EXPIRED', 'the subscription token has expired; put a fresh one into the token file', error);
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    return new TokenError(
      'TOKEN_CLAIMS',
      `the token's claim "${error.claim}" does not fit (${error.reason}); ask the backend for a new token`,
      error,
    );
  }
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return new TokenError('TOKEN_FORGED', 'the token is not signed with EdDSA or RS256; only tokens of your backend count', error);
  }
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWSSignatureVerificationFailed) {
    return new TokenError('TOKEN_FORGED', 'the token is not signed by a key of the configured backend; only its tokens count', error);
  }
  if (error instanceof errors.JWKSMultipleMatchingKeys) {
    return new TokenError(
      'TOKEN_MALFORMED',
      'the token does not name the one of the backend\'s keys that signed it ("kid" in its header); ask the backend for one that does',
      error,
    );
  }
  return malformedToken(error);
}
