import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePointer } from './json-pointer.ts';

describe('a JSON Pointer', () => {
  it('leads to own members only', () => {
    const document = { a: [{ 'b/c': 1, '~': 2, '': 3 }] };
    expect(
      ['', '/a/0/b~1c', '/a/0/~0', '/a/0/', '/a/1', '/constructor', '/a/length', '/a/00', '/a/length/x', '/a/0/toString'].map((pointer) =>
        compilePointer(pointer)(document),
      ),
    ).toEqual([document, 1, 2, 3, undefined, undefined, undefined, undefined, undefined, undefined]);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.array(fc.string()),
        (document, tokens) => void compilePointer(tokens.map((token) => `/${token}`).join(''))(document),
      ),
    );
  });
});
