import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { manifestJsonSchema } from './json-schema.ts';
import { nearestName } from './nearest-name.ts';
import { parseManifest } from './parse.ts';
import type { ManifestError } from './parse.ts';

const GOOD = { id: 'my-feed', version: '1.2.3', kind: 'data-source', sdk: '^0.1.0', entry: 'index.ts' };

function errors(manifest: unknown): readonly ManifestError[] {
  const parsed = parseManifest(typeof manifest === 'string' ? manifest : JSON.stringify(manifest), '/plugins/my-feed/plugin.json');
  return parsed.ok ? [] : parsed.errors;
}

describe('parseManifest', () => {
  it('fills in what may be left out', () => {
    const parsed = parseManifest(`\uFEFF${JSON.stringify(GOOD)}`, 'plugin.json');
    expect(parsed).toEqual({
      ok: true,
      manifest: {
        ...GOOD,
        tier: 'free',
        provides: {},
        requires: {},
        permissions: { hosts: [], configHosts: false, env: [], net: false, read: [] },
        config: {},
        activation: 'always',
        overlap: true,
        limits: { memoryMb: 256, startTimeoutMs: 10_000 },
      },
    });
  });

  it.each([
    [
      'a field that is missing',
      { ...GOOD, entry: undefined },
      { path: 'entry', message: 'is missing', remedy: 'Add "entry", such as "index.ts".' },
    ],
    [
      'a mistyped field',
      { ...GOOD, verison: '1' },
      { path: 'verison', message: 'there is no such field', remedy: 'Write "version", or remove it.' },
    ],
    [
      'a mistyped field further in',
      { ...GOOD, permissions: { host: [] } },
      { path: 'permissions.host', message: 'there is no such field', remedy: 'Write "hosts", or remove it.' },
    ],
    [
      'a field like none',
      { ...GOOD, limits: { wheelbarrows: 3 } },
      { path: 'limits.wheelbarrows', message: 'there is no such field', remedy: 'Remove it; "limits" has memoryMb, startTimeoutMs.' },
    ],
    [
      'a version that is none',
      { ...GOOD, version: '1.2' },
      { path: 'version', message: 'a semantic version such as 1.2.3', remedy: 'Correct "version", such as "1.0.0".' },
    ],
    [
      'a wrong entry in a list',
      { ...GOOD, permissions: { hosts: ['a', 5] } },
      {
        path: 'permissions.hosts.1',
        message: 'Invalid input: expected string, received number',
        remedy: 'Correct "permissions.hosts.1", such as ["api.example.com"].',
      },
    ],
  ])('names %s', (_what, manifest, error) => {
    expect(errors(manifest)).toMatchObject([error]);
  });

  it('names all that is wrong', () => {
    expect(errors({ ...GOOD, id: 'My Feed', kind: 'feed', limits: { memoryMb: 8 } }).map(({ path }) => path)).toEqual([
      'id',
      'kind',
      'limits.memoryMb',
    ]);
  });

  it.each([
    ['', /is not JSON/],
    ['{"id": "a",}', /is not JSON/],
    ['// a comment\n{}', /is not JSON/],
    ['[]', /is not a JSON object/],
    ['null', /is not a JSON object/],
    ['"x"', /is not a JSON object/],
  ])('says of %j that the file as a whole is wrong, and which file', (text, message) => {
    const [error, ...more] = errors(text);
    expect(more).toEqual([]);
    expect(error).toMatchObject({
      path: '',
      message: expect.stringMatching(message) as string,
      remedy: expect.stringContaining('/plugins/my-feed/plugin.json') as string,
    });
  });

  it('gives an error with a remedy or a manifest, whatever the JSON', () => {
    const key = fc.constantFrom(...Object.keys(GOOD), 'permissions', 'limits', 'tier', 'provides', 'config', 'x');
    fc.assert(
      fc.property(fc.dictionary(key, fc.oneof(fc.jsonValue(), fc.constantFrom(...Object.values(GOOD)))), (changes) => {
        const found = errors({ ...GOOD, ...changes });
        for (const { message, remedy } of found) expect(message.length * remedy.length).toBeGreaterThan(0);
      }),
    );
    fc.assert(fc.property(fc.string(), (text) => void errors(text)));
  });
});

it('the nearest name is the one with the fewest changes, if it is near at all', () => {
  const known = ['version', 'entry', 'permissions', 'kind'];
  expect(['verison', 'Entry', 'permision', 'kindd', 'colour', 'x'].map((name) => nearestName(name, known))).toEqual([
    'version',
    'entry',
    'permissions',
    'kind',
    null,
    null,
  ]);
});

it('plugin.schema.json is what the manifest schema says; else run `node plugin-sdk/scripts/schema.ts`', () => {
  const committed: unknown = JSON.parse(readFileSync(new URL('../../plugin.schema.json', import.meta.url), 'utf8'));
  expect(committed).toEqual(JSON.parse(JSON.stringify(manifestJsonSchema())));
  expect(manifestJsonSchema()).toMatchObject({
    required: ['id', 'version', 'kind', 'sdk'],
    oneOf: [{ required: ['entry'] }, { required: ['feed'] }, { required: ['model'] }],
    additionalProperties: false,
  });
});
