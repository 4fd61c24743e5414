import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import type { CryptoKey } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { TokenVerifier } from './token-verifier.ts';

const NOW = Date.UTC(2026, 10, 23);
const HOUR = 3_600;
let key: CryptoKey;
let foreign: CryptoKey;
let verifier: TokenVerifier;

interface Draft {
  claims?: Record<string, unknown>;
  exp?: number;
  signWith?: CryptoKey;
  kid?: string;
}

function sign({ claims = { tier: 'pro' }, exp = NOW / 1000 + HOUR, signWith = key, kid = 'k1' }: Draft = {}): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'EdDSA', kid })
    .setSubject('user-1')
    .setIssuer('backend')
    .setExpirationTime(exp)
    .sign(signWith);
}

beforeAll(async () => {
  const own = await generateKeyPair('EdDSA', { extractable: true });
  key = own.privateKey;
  foreign = (await generateKeyPair('EdDSA')).privateKey;
  verifier = new TokenVerifier(
    { keys: [{ ...(await exportJWK(own.publicKey)), kid: 'k1', alg: 'EdDSA' }] },
    { issuer: 'backend', clockToleranceS: 0 },
  );
});

describe('TokenVerifier', () => {
  it('reads tier, user, end and limits from a signed token', async () => {
    const entitlement = await verifier.verify(
      await sign({ claims: { tier: 'enterprise', limits: { symbols: 7, agents: 'unlimited' } } }),
      NOW,
    );
    expect(entitlement).toMatchObject({ tier: 'enterprise', userId: 'user-1', expiresAt: NOW / 1000 + HOUR });
    expect(entitlement.limits).toMatchObject({ symbols: 7, agents: Infinity, cacheMb: 1000 });
  });

  it('bears white space around the token, as files and copying leave it', async () => {
    await expect(verifier.verify(`\n ${await sign()} \n`, NOW)).resolves.toMatchObject({ tier: 'pro' });
  });

  it.each<[string, () => Promise<string> | string, string]>([
    ['an expired one', () => sign({ exp: NOW / 1000 - 1 }), 'TOKEN_EXPIRED'],
    ['one signed by another key under a known id', () => sign({ signWith: foreign }), 'TOKEN_FORGED'],
    ['one with an unknown key id', () => sign({ kid: 'other' }), 'TOKEN_FORGED'],
    ['one without a signature', () => new UnsecuredJWT({ tier: 'pro' }).setSubject('u').setExpirationTime('1h').encode(), 'TOKEN_FORGED'],
    ['an empty one', () => '  ', 'TOKEN_MISSING'],
    ['one that is no JWT', () => 'not.a.token', 'TOKEN_MALFORMED'],
    ['one without a tier', () => sign({ claims: {} }), 'TOKEN_CLAIMS'],
    ['one with an unknown tier', () => sign({ claims: { tier: 'gold' } }), 'TOKEN_CLAIMS'],
    ['one with a wrong limit', () => sign({ claims: { tier: 'pro', limits: { symbols: -1 } } }), 'TOKEN_CLAIMS'],
    [
      'one of another issuer',
      () =>
        new SignJWT({ tier: 'pro' })
          .setProtectedHeader({ alg: 'EdDSA', kid: 'k1' })
          .setSubject('u')
          .setIssuer('x')
          .setExpirationTime(NOW / 1000 + 9)
          .sign(key),
      'TOKEN_CLAIMS',
    ],
    ['one whose end was moved', async () => tamper(await sign({ exp: NOW / 1000 - 1 })), 'TOKEN_FORGED'],
  ])('refuses %s', async (_what, token, code) => {
    await expect((async () => verifier.verify(await token(), NOW))()).rejects.toMatchObject({ code });
  });

  it('counts an ended token on for the grace that is given, though it began within it', async () => {
    const token = await new SignJWT({ tier: 'pro' })
      .setProtectedHeader({ alg: 'EdDSA', kid: 'k1' })
      .setSubject('u')
      .setIssuer('backend')
      .setNotBefore(NOW / 1000 - HOUR)
      .setExpirationTime(NOW / 1000 - 60)
      .sign(key);
    await expect(verifier.verify(token, NOW)).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
    await expect(verifier.verify(token, NOW, 59_000)).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
    await expect(verifier.verify(token, NOW, 72 * HOUR * 1000)).resolves.toMatchObject({ tier: 'pro' });
  });

  it('says so when a token does not name which of several keys signed it', async () => {
    const [one, two] = await Promise.all([generateKeyPair('EdDSA'), generateKeyPair('EdDSA')]);
    const keys = await Promise.all([one, two].map(({ publicKey }) => exportJWK(publicKey)));
    const several = new TokenVerifier({ keys }, { clockToleranceS: 0 });
    const token = await new SignJWT({ tier: 'pro' })
      .setProtectedHeader({ alg: 'EdDSA' })
      .setSubject('u')
      .setExpirationTime(NOW / 1000 + HOUR)
      .sign(two.privateKey);
    await expect(several.verify(token, NOW)).rejects.toThrow(/"kid"/);
  });

  it('never repeats the token in the error', async () => {
    const token = await sign({ signWith: foreign });
    const error = await verifier.verify(token, NOW).catch((caught: Error) => caught);
    expect(`${String(error)}${JSON.stringify(error)}`).not.toContain(token.slice(0, 20));
  });

  it('refuses a key set that is none', () => {
    expect(() => new TokenVerifier({ keys: [] }, { clockToleranceS: 0 })).toThrow(expect.objectContaining({ code: 'TOKEN_KEYS' }));
  });
});

function tamper(token: string): string {
  const [header, , signature] = token.split('.');
  const payload = Buffer.from(JSON.stringify({ sub: 'user-1', iss: 'backend', tier: 'enterprise', exp: NOW / 1000 + HOUR })).toString(
    'base64url',
  );
  return `${header}.${payload}.${signature}`;
}
