import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskFields, maskSecrets } from './mask.ts';

const JWT = 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ1In0.c2lnbmF0dXJl_-';

describe('maskSecrets', () => {
  it.each([
    [`connect failed for ${JWT}`, 'connect failed for [token]'],
    ['Authorization: Bearer abc.def', 'Authorization: Bearer [token]'],
    ['?token=abc&x=1', '?token=[masked]&x=1'],
    ['{"password":"hunter2"}', '{"password":"[masked]"}'],
    ['api_key: 12345', 'api_key: [masked]'],
    ['/data/token: the token file cannot be read', '/data/token: the token file cannot be read'],
    ['C:\\data\\token: cannot be read', 'C:\\data\\token: cannot be read'],
    ['GET /token=abc', 'GET /token=[masked]'],
    ['12 ticks of EURUSD', '12 ticks of EURUSD'],
  ])('%s', (text, masked) => {
    expect(maskSecrets(text)).toBe(masked);
  });

  it('leaves no JWT standing, wherever it is', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => !maskSecrets(`${before} ${JWT} ${after}`).includes('eyJzdWIiOiJ1In0')),
    );
  });
});

describe('maskFields', () => {
  it('masks by key and by look, deep inside', () => {
    expect(maskFields({ a: { token: 'x', tokenFile: '/f', note: `see ${JWT}` }, tokens: 3, list: ['Bearer q'] })).toEqual({
      a: { token: '[masked]', tokenFile: '/f', note: 'see [token]' },
      tokens: 3,
      list: ['Bearer [token]'],
    });
  });
});
