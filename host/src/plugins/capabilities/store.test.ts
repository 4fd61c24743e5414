import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoreBackend } from './store.ts';

let dir: string;
let file: string;
let warnings: string[];

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'tickhub-store-'));
  file = path.join(dir, 'sub', 'store.json');
  warnings = [];
});
afterEach(() => rm(dir, { recursive: true }));

const open = (): StoreBackend => new StoreBackend(file, (message) => warnings.push(message));

describe('store capability', () => {
  it('gives back what was set, also to the next one that opens it', async () => {
    const store = open();
    await store.call('set', ['a', { n: [1, 'x', null] }]);
    await store.call('set', ['b', 2]);
    await store.call('delete', ['b']);
    for (const reader of [store, open()]) {
      expect(await reader.call('get', ['a'])).toEqual({ n: [1, 'x', null] });
      expect(await reader.call('get', ['b'])).toBeUndefined();
      expect(await reader.call('keys', [])).toEqual(['a']);
    }
    expect(await readdir(path.dirname(file))).toEqual(['store.json']);
  });

  it('has it on disk when the promise resolves, and puts what waits into one write', async () => {
    const store = open();
    await Promise.all(Array.from({ length: 200 }, (_, i) => store.call('set', [`k${i}`, i])));
    expect(await open().call('keys', [])).toHaveLength(200);
  });

  it('is a map: any sequence of calls leaves the same in both', async () => {
    const step = fc.oneof(
      fc.record({ set: fc.constantFrom('a', 'b', '__proto__', 'constructor'), value: fc.jsonValue() }),
      fc.record({ del: fc.constantFrom('a', 'b', '__proto__') }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        await rm(path.dirname(file), { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
        const store = open();
        const model = new Map<string, unknown>();
        for (const s of steps) {
          if ('set' in s) {
            await store.call('set', [s.set, s.value]);
            model.set(s.set, JSON.parse(JSON.stringify(s.value)));
          } else {
            await store.call('delete', [s.del]);
            model.delete(s.del);
          }
        }
        const again = open();
        expect(await again.call('keys', [])).toEqual([...model.keys()]);
        for (const [key, value] of model) expect(await again.call('get', [key])).toEqual(value);
      }),
      { numRuns: 30 },
    );
  });

  it('refuses values over 1 MiB and stays as it was', async () => {
    const store = open();
    await store.call('set', ['a', 1]);
    await expect(store.call('set', ['a', 'x'.repeat(1_048_576)])).rejects.toMatchObject({ code: 'STORE_LIMIT' });
    expect(await open().call('get', ['a'])).toBe(1);
  });

  it('refuses the key after 10,000', async () => {
    const store = open();
    await Promise.all(Array.from({ length: 10_000 }, (_, i) => store.call('set', [`k${i}`, 0])));
    await expect(store.call('set', ['one more', 0])).rejects.toMatchObject({ code: 'STORE_LIMIT' });
    await store.call('set', ['k1', 'known keys may change']);
  });

  it.each([
    ['a function', ['k', () => 1]],
    ['undefined', ['k', undefined]],
    ['a BigInt', ['k', 1n]],
    ['an empty key', ['', 1]],
    ['a key that is no string', [7, 1]],
  ])('refuses %s', async (_what, args) => {
    await expect(open().call('set', args)).rejects.toMatchObject({ code: 'STORE_INVALID' });
  });

  it('has no other method', async () => {
    await expect(open().call('clear', [])).rejects.toMatchObject({ code: 'CAPABILITY_UNKNOWN' });
  });

  it.each(['', '{', '{"format":2,"entries":[]}', '[]', 'null', '{"format":1,"entries":[["a"]]}'])(
    'sets a damaged file aside: %s',
    async (content) => {
      await open().call('set', ['a', 1]);
      await writeFile(file, content);
      const store = open();
      expect(await store.call('keys', [])).toEqual([]);
      await store.call('set', ['b', 2]);
      expect(warnings).toEqual([expect.stringContaining('the store was damaged and begins empty')]);
      const aside = (await readdir(path.dirname(file))).find((name) => name.startsWith('store.json.damaged-')) ?? '';
      expect(await readFile(path.join(path.dirname(file), aside), 'utf8')).toBe(content);
    },
  );

  it('tells when it cannot write, and goes on when it can', async () => {
    await writeFile(path.join(dir, 'sub'), 'a file where a folder should be');
    const store = new StoreBackend(file, () => undefined);
    await expect(store.call('set', ['a', 1])).rejects.toThrow();
    await rm(path.join(dir, 'sub'));
    const later = open();
    await later.call('set', ['b', 2]);
    expect(await open().call('keys', [])).toEqual(['b']);
  });
});
