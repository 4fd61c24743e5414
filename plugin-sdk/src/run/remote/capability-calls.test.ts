import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CapabilityCalls, CapabilityError } from './capability-calls.ts';
import { RemoteCredentials } from './remote-credentials.ts';
import { RemoteHttp } from './remote-http.ts';
import { RemoteStore } from './remote-store.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

interface Sent {
  id: number;
  capability: string;
  method: string;
  args: unknown[];
}

function bench(): { calls: CapabilityCalls; sent: Sent[]; answer: (value: unknown, at?: number) => void } {
  const sent: Sent[] = [];
  const calls = new CapabilityCalls((call) => {
    structuredClone(call);
    sent.push(call);
  });
  return { calls, sent, answer: (value, at = sent.length - 1) => calls.take({ type: 'reply', id: sent[at]?.id ?? 0, value }) };
}

describe('a call', () => {
  it('is answered by its id, in whatever order', async () => {
    const { calls, sent, answer } = bench();
    const [one, two] = [calls.call('store', 'get', ['a'], 1_000), calls.call('store', 'get', ['b'], 1_000)];
    answer('second', 1);
    answer('first', 0);
    expect(await Promise.all([one, two])).toEqual(['first', 'second']);
    expect(new Set(sent.map(({ id }) => id)).size).toBe(2);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('that fails rejects with the code of the host', async () => {
    const { calls, sent } = bench();
    const call = calls.call('http', 'fetch', [], 1_000);
    calls.take({ type: 'reply', id: sent[0]?.id ?? 0, failure: { code: 'HTTP_HOST_DENIED', message: 'no' } });
    await expect(call).rejects.toThrow(expect.objectContaining({ code: 'HTTP_HOST_DENIED', message: 'no' }) as Error);
    await expect(call).rejects.toBeInstanceOf(CapabilityError);
  });

  it('that is not answered rejects when its time is over; a late answer is nobody’s', async () => {
    const { calls, answer } = bench();
    const call = calls.call('store', 'get', ['a'], 1_000, 'STORE_TIMEOUT');
    const failed = expect(call).rejects.toThrow(expect.objectContaining({ code: 'STORE_TIMEOUT' }) as Error);
    vi.advanceTimersByTime(1_000);
    await failed;
    answer('late');
  });

  it('with an argument that cannot be sent rejects', async () => {
    const { calls } = bench();
    await expect(calls.call('store', 'set', ['a', () => 1], 1_000)).rejects.toThrow(
      expect.objectContaining({ code: 'NOT_CLONEABLE' }) as Error,
    );
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('capabilities of the host', () => {
  it('store: get, set, delete, keys', async () => {
    const { calls, sent, answer } = bench();
    const store = new RemoteStore(calls);
    const results = Promise.all([store.get('a'), store.set('a', { x: 1 }), store.delete('a'), store.keys()]);
    answer({ x: 1 }, 0);
    answer(undefined, 1);
    answer(undefined, 2);
    answer(['a', 'b'], 3);
    expect(await results).toEqual([{ x: 1 }, undefined, undefined, ['a', 'b']]);
    expect(sent.map(({ capability, method, args }) => [capability, method, args])).toEqual([
      ['store', 'get', ['a']],
      ['store', 'set', ['a', { x: 1 }]],
      ['store', 'delete', ['a']],
      ['store', 'keys', []],
    ]);
  });

  it('http: fetch, with a deadline after that of the request', async () => {
    const { calls, answer } = bench();
    const http = new RemoteHttp(calls);
    const response = http.fetch('https://api.example.com/x', { timeoutMs: 1_000 });
    vi.advanceTimersByTime(5_999);
    const given = { status: 200, url: 'https://api.example.com/x', movedTo: null, headers: { a: 'b' }, body: new Uint8Array([1]) };
    answer(given);
    expect(await response).toEqual(given);
    const failed = expect(http.fetch('https://api.example.com/x', { timeoutMs: 1_000 })).rejects.toThrow(
      expect.objectContaining({ code: 'HTTP_TIMEOUT' }) as Error,
    );
    vi.advanceTimersByTime(6_000);
    await failed;
  });

  it('credentials: asked for each time, and a word when they change', async () => {
    const { calls, sent, answer } = bench();
    const credentials = new RemoteCredentials(calls);
    let changed = 0;
    credentials.onChange(() => changed++);
    const got = credentials.get();
    answer({ url: 'ws://127.0.0.1:1', userId: 'u', token: 't' });
    expect(await got).toEqual({ url: 'ws://127.0.0.1:1', userId: 'u', token: 't' });
    credentials.changed();
    void credentials.get().catch(() => undefined);
    expect([sent.length, changed]).toEqual([2, 1]);
  });
});
