import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeInJson } from './json-place.ts';

/** The rest of a text from a place on. */
function from(text: string, { line, column }: { line: number; column: number }): string {
  return text
    .split('\n')
    .slice(line - 1)
    .join('\n')
    .slice(column - 1);
}

/** Every path into a value. */
function paths(value: unknown, above: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [above];
  const inner = Array.isArray(value) ? value.map((one, index) => [index, one] as const) : Object.entries(value);
  return [above, ...inner.flatMap(([key, one]) => paths(one, [...above, key]))];
}

const at = (value: unknown, path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>((inner, key) => (inner as Record<string | number, unknown>)[key], value);

describe('placeInJson', () => {
  it('finds every value of any JSON, however it is indented', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 1, 2, '\t'), fc.constantFrom('', '\uFEFF', '\n\r\n '), (value, indent, before) => {
        const plain = JSON.parse(JSON.stringify(value)) as unknown;
        const text = before + JSON.stringify(plain, null, indent);
        for (const path of paths(plain)) {
          const found = from(text, placeInJson(text, path));
          const beginning = JSON.stringify(at(plain, path), null, indent);
          expect(found.startsWith(beginning.slice(0, 1))).toBe(true);
          if (typeof at(plain, path) !== 'object') expect(found.startsWith(beginning)).toBe(true);
        }
      }),
    );
  });

  it('gives the nearest parent of what is not there, and the last of what is there twice', () => {
    const text = '{\n  "a": { "b": 1 },\n  "a": [5, { "c\\"": "}" }]\n}';
    expect(placeInJson(text, ['a', 1, 'c"'])).toEqual({ line: 3, column: 21 });
    expect(placeInJson(text, ['a', 7])).toEqual({ line: 3, column: 8 });
    expect(placeInJson(text, ['x', 'y'])).toEqual({ line: 1, column: 1 });
  });
});
