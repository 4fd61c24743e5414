import { describe, expect, it } from 'vitest';
import { withoutNames } from './markup.ts';

describe('withoutNames', () => {
  it.each([
    ['ask me.too+x@mail.example.com, or @me@social.example or u/me and /u/me', 'ask @…, or @… or u/… and u/…'],
    ['+++x@y.zz', '@…'],
    ['at 1.08 @ noon', 'at 1.08 @ noon'],
  ])('%s', (text, without) => expect(withoutNames(text)).toBe(without));

  it.each(['a', '.', '-', 'a.'])('is not kept busy by a hundred posts of nothing but %s', (sign) => {
    const text = sign.repeat(10_000 / sign.length);
    for (let post = 0; post < 100; post++) expect(withoutNames(text)).toBe(text);
  });
});
