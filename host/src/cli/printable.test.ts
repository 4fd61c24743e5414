import { describe, expect, it } from 'vitest';
import { printable } from './printable.ts';

describe('printable', () => {
  it.each([
    ['a colour and a cleared screen', 'a\u001B[31mb\u001B[2Jc', 'a [31mb [2Jc'],
    ['the same in one sign', 'a\u009B2Jb', 'a 2Jb'],
    ['a title for the window', '\u001B]0;x\u0007y', ' ]0;x y'],
    ['lines', 'a\r\nb\u2028c', 'a b c'],
    ['what turns the rest of the line around', 'fed \u202Ekcehc\u202C ok \u2066x\u2069', 'fed  kcehc  ok  x '],
  ])('takes out %s', (_what, text, shown) => expect(printable(text)).toBe(shown));

  it('leaves letters of all scripts as they are', () => {
    const text = 'Zürich 日本 عربي עברית 👩‍💻 €1.08';
    expect(printable(text)).toBe(text);
  });
});
