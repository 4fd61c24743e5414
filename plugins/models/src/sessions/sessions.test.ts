import { describe, expect, it } from 'vitest';
import { readModel } from '../model-file.ts';
import { loadRuntime } from './runtime.ts';
import { SESSION_OVERHEAD_BYTES, SessionCache } from './session-cache.ts';
import { AFFINE, folderWith, modelJson, named } from './stored-model.fixture.ts';

const stored = await readModel('affine', folderWith(modelJson()));
const one = AFFINE.byteLength + SESSION_OVERHEAD_BYTES;
const never = (): never => {
  throw new Error('it fell back');
};

/** x = 0, 1, 2 ... in rows of two. */
const rows = (count: number) => ({ x: { data: Float32Array.from({ length: count * 2 }, (_, i) => i), dims: [2] } });
const expected = (count: number): number[] => Array.from({ length: count * 2 }, (_, i) => 2 * i + 1);

describe.each(['native', 'wasm'] as const)('a session of the %s runtime', (choice) => {
  const runtime = loadRuntime(choice, never);

  it('runs any number of rows, and gives them in order', async () => {
    const cache = new SessionCache(runtime, one);
    for (const count of [1, 15, 16, 17, 40]) {
      const { y } = await (await cache.get(stored)).run(rows(count), count);
      expect([...(y ?? [])]).toEqual(expected(count));
    }
    expect(cache.state).toEqual({ sessions: 1, bytes: one, made: 1 });
  });

  it('says which model was given what it does not take', async () => {
    const network = await new SessionCache(runtime, one).get(stored);
    const wrong = network.run({ x: { data: new Float32Array(3), dims: [3] } }, 1);
    await expect(wrong).rejects.toMatchObject({ code: 'MODEL_REFUSED', message: expect.stringContaining('affine: ') as string });
  });

  it('refuses what is no ONNX, and makes a session of it when it is whole', async () => {
    const cache = new SessionCache(runtime, one);
    const broken = { ...stored, onnx: AFFINE.subarray(0, 40) };
    await expect(cache.get(broken)).rejects.toMatchObject({ code: 'MODEL_REFUSED' });
    expect(cache.state).toMatchObject({ sessions: 0, bytes: 0 });
    await expect(cache.get(stored)).resolves.toBeDefined();
  });
});

describe('SessionCache', () => {
  const runtime = loadRuntime('native', never);

  it('lets go of the least lately used when it is over its budget', async () => {
    const cache = new SessionCache(runtime, 2 * one);
    const [a, b, c] = ['a', 'b', 'c'].map((id) => named(stored, id)) as [typeof stored, typeof stored, typeof stored];
    await cache.get(a);
    await cache.get(b);
    await cache.get(a);
    await cache.get(c);
    expect(cache.state).toEqual({ sessions: 2, bytes: 2 * one, made: 3 });
    await cache.get(a);
    expect(cache.state.made).toBe(3);
    await cache.get(b);
    expect(cache.state.made).toBe(4);
  });

  it('uses a session that is larger than the budget, and keeps no other beside it', async () => {
    const cache = new SessionCache(runtime, one - 1);
    await cache.get(named(stored, 'a'));
    const { y } = await (await cache.get(named(stored, 'b'))).run(rows(1), 1);
    expect([...(y ?? [])]).toEqual(expected(1));
    expect(cache.state.sessions).toBe(1);
  });

  it('shrinks with its budget, and lets go of a model', async () => {
    const cache = new SessionCache(runtime, 3 * one);
    for (const id of ['a', 'b', 'c']) await cache.get(named(stored, id));
    cache.setBudget(2 * one);
    expect(cache.state.sessions).toBe(2);
    cache.release(named(stored, 'c'));
    expect(cache.state).toMatchObject({ sessions: 1, bytes: one });
  });
});
