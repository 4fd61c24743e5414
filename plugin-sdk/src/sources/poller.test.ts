import { describe, expect, it } from 'vitest';
import { SourceFault } from '../index.ts';
import { START, failing, polling } from './poller.fixture.ts';

const A = 'http://a.example/feed';
const times = (asked: readonly { at: number; url: string }[], url = A): number[] =>
  asked.filter((one) => one.url === url).map(({ at }) => at);

describe('when a source is asked', () => {
  it('at once, and then each interval', async () => {
    const { harness, asked, stateOf, nextIn } = await polling([{ url: A }], () => ({ body: 'x' }));
    expect(stateOf('test:0')).toBe('ok');
    expect(nextIn('test:0')).toBe(60);
    await harness.advance(180_000);
    expect(times(asked)).toEqual([0, 60, 120, 180]);
    await harness.stop();
  });

  it('up to a tenth later, never sooner', async () => {
    const { harness, asked } = await polling([{ url: A }], () => ({ body: 'x' }), { random: () => 0.5 });
    await harness.advance(130_000);
    expect(times(asked)).toEqual([0, 63, 126]);
    await harness.stop();
  });

  it('as late as the answer, or the advice of whoever takes it, asks for', async () => {
    const { harness, asked } = await polling([{ url: A, take: () => ({ notBeforeMs: 200_000 }) }, { url: 'http://b.example/' }], () => ({
      headers: { 'cache-control': 'max-age=90' },
    }));
    await harness.advance(200_000);
    expect(times(asked)).toEqual([0, 200]);
    expect(times(asked, 'http://b.example/')).toEqual([0, 90, 180]);
    await harness.stop();
  });

  it('with its validators, verbatim, and takes nothing from a 304', async () => {
    let taken = 0;
    const validators = { etag: 'W/"a,b"', 'last-modified': 'Tue, 24 Nov 2026 10:00:00 GMT' };
    const { harness, asked, stateOf } = await polling([{ url: A, take: () => void taken++ }], (_url, headers) =>
      headers['if-none-match'] === undefined ? { body: 'x', headers: validators } : { status: 304 },
    );
    await harness.advance(60_000);
    expect(asked[0]?.headers).not.toHaveProperty('if-none-match');
    expect(asked[1]?.headers).toMatchObject({ 'if-none-match': 'W/"a,b"', 'if-modified-since': 'Tue, 24 Nov 2026 10:00:00 GMT' });
    expect([taken, stateOf('test:0')]).toEqual([1, 'ok']);
    await harness.stop();
  });

  it('sooner when woken, but no sooner than asked for', async () => {
    const { harness, asked, poller } = await polling([{ url: A, everyMs: 600_000 }], () => ({
      headers: { 'cache-control': 'max-age=30' },
    }));
    await harness.advance(10_000);
    poller.wake('test:0');
    await harness.advance(60_000);
    poller.wake('test:0');
    await harness.advance(1_000);
    expect(times(asked)).toEqual([0, 30, 70]);
    await harness.stop();
  });

  it('once more when woken while it is being asked', async () => {
    const gate = Promise.withResolvers<object>();
    const { harness, asked, poller } = await polling([{ url: A }], () => gate.promise);
    poller.wake('test:0');
    gate.resolve({ body: 'x' });
    await harness.advance(2_000);
    expect(times(asked)).toEqual([0, 1]);
    await harness.stop();
  });

  it('no more once removed or stopped, and a late answer is not taken', async () => {
    const gate = Promise.withResolvers<object>();
    let taken = 0;
    const { harness, asked, poller } = await polling([{ url: A, take: () => void taken++ }], () => gate.promise);
    poller.remove('test:0');
    gate.resolve({ body: 'x' });
    await harness.advance(600_000);
    expect([asked.length, taken, poller.health()]).toEqual([1, 0, []]);
    await harness.stop();
  });
});

describe('over a restart', () => {
  it('remembers validators once what came with them is durable, and not before', async () => {
    const store = new Map<string, unknown>();
    const answer = (_url: string, headers: Record<string, string>): object =>
      headers['if-none-match'] === undefined ? { headers: { etag: '"1"' } } : { status: 304 };
    const killed = await polling([{ url: A }], answer, { store });
    await killed.harness.advance(1_000);
    expect(store.size).toBe(0);
    await killed.harness.advance(5_000);
    await killed.harness.stop();
    const again = await polling([{ url: A }], answer, { store });
    expect(again.asked[0]?.headers).toMatchObject({ 'if-none-match': '"1"' });
    await again.harness.stop();
    const fresh = await polling([{ url: A, contentAtStart: true }], answer, { store });
    expect(fresh.asked[0]?.headers).not.toHaveProperty('if-none-match');
    await fresh.harness.stop();
    const other = await polling([{ url: `${A}/other` }], answer, { store });
    expect(other.asked[0]?.headers).not.toHaveProperty('if-none-match');
    await other.harness.stop();
  });

  it('keeps a pause that its server asked for', async () => {
    const store = new Map<string, unknown>();
    const first = await polling([{ url: A }], () => ({ status: 429, headers: { 'retry-after': '600' } }), { store });
    await first.harness.stop();
    const again = await polling([{ url: A }], () => ({ body: 'x' }), { store });
    expect([again.asked.length, again.stateOf('test:0'), again.nextIn('test:0')]).toEqual([0, 'waiting', 600]);
    await again.harness.advance(600_000);
    expect([again.asked.length, again.stateOf('test:0')]).toEqual([1, 'ok']);
    await again.harness.stop();
  });

  it('asks no more for what is gone, until it has another address', async () => {
    const store = new Map<string, unknown>();
    const first = await polling([{ url: A }], () => ({ status: 410 }), { store });
    expect([first.stateOf('test:0'), first.nextIn('test:0')]).toEqual(['gone', null]);
    first.poller.wake('test:0');
    await first.harness.advance(86_400_000);
    expect(first.asked).toHaveLength(1);
    await first.harness.stop();
    const again = await polling([{ url: A }], () => ({ body: 'x' }), { store });
    expect([again.asked.length, again.stateOf('test:0')]).toEqual([0, 'gone']);
    await again.harness.stop();
    const moved = await polling([{ url: `${A}/new` }], () => ({ body: 'x' }), { store });
    expect(moved.stateOf('test:0')).toBe('ok');
    await moved.harness.stop();
  });

  it('keeps no key on the disk that stands in an address, nor in one that it has moved to', async () => {
    const store = new Map<string, unknown>();
    const url = `${A}?api_key=0123456789abcdef`;
    const answer = (): object => ({ url: `${url}&x=1`, movedTo: `${url}&x=1`, headers: { etag: '"1"' } });
    const first = await polling([{ url }], answer, { store });
    await first.harness.advance(200_000);
    await first.harness.stop();
    expect(store.size).toBe(1);
    expect(JSON.stringify([...store])).not.toContain('0123456789abcdef');
    const again = await polling([{ url }], answer, { store });
    expect(again.asked[0]?.headers['if-none-match']).toBe('"1"');
    await again.harness.stop();
  });

  it('keeps no sign-in on the disk that stands in a new address, as one relative to the old has it', async () => {
    const store = new Map<string, unknown>();
    const url = 'https://me:0123456789abcdef@a.example/feed';
    const { harness } = await polling([{ url }], () => ({ url: `${url}/`, movedTo: `${url}/`, headers: { etag: '"1"' } }), { store });
    await harness.advance(200_000);
    await harness.stop();
    expect(store.size).toBe(1);
    expect(JSON.stringify([...store])).not.toContain('0123456789abcdef');
  });

  it('goes where it was told three times that the source has moved to, and back when it is not there', async () => {
    const store = new Map<string, unknown>();
    const to = 'http://b.example/feed';
    let there = true;
    const answer = (url: string): object => (url === A ? { url: to, movedTo: to } : { status: there ? 200 : 404 });
    const { harness, asked } = await polling([{ url: A }], answer, { store });
    await harness.advance(200_000);
    expect(asked.map(({ url }) => url)).toEqual([A, A, A, to]);
    await harness.stop();
    there = false;
    const again = await polling([{ url: A }], answer, { store });
    await again.harness.advance(70_000);
    expect(again.asked.map(({ url }) => url)).toEqual([to, A]);
    await again.harness.stop();
  });

  it('goes back to its own address when where it moved to is gone', async () => {
    const to = 'http://b.example/feed';
    const { harness, asked, stateOf } = await polling([{ url: A }], (url) => (url === A ? { url: to, movedTo: to } : { status: 410 }));
    await harness.advance(250_000);
    expect(asked.map(({ url }) => url)).toEqual([A, A, A, to, A]);
    expect(stateOf('test:0')).toBe('ok');
    await harness.stop();
  });

  it.each([
    ['from https to http', 'https://a.example/', 'http://a.example/', {}],
    ['to another origin with a key', 'https://a.example/', 'https://b.example/', { Authorization: 'a key' }],
    ['to another origin with a key of a name of its own', 'https://a.example/', 'https://b.example/', { 'X-CMC_PRO_API_KEY': 'a key' }],
  ])('does not move %s', async (_what, from, to, headers) => {
    const { harness, asked } = await polling([{ url: from, headers }], () => ({ url: to, movedTo: to }));
    await harness.advance(600_000);
    expect(new Set(asked.map(({ url }) => url))).toEqual(new Set([from]));
    await harness.stop();
  });
});

describe('when something is wrong', () => {
  it.each([
    ['timeout', 5, () => failing('HTTP_TIMEOUT')],
    ['unreachable', 5, () => failing('HTTP_UNREACHABLE')],
    ['incomplete', 5, () => failing('HTTP_INCOMPLETE')],
    ['too-large', 60, () => failing('HTTP_TOO_LARGE')],
    ['redirect-loop', 60, () => failing('HTTP_REDIRECTS')],
    ['refused', 60, () => failing('HTTP_HOST_DENIED')],
    ['malformed', 60, () => failing('HTTP_FAILED')],
    ['refused', 60, () => ({ status: 404 })],
    ['server-error', 5, () => ({ status: 500 })],
    ['server-error', 70, () => ({ status: 503, headers: { 'retry-after': '70' } })],
    ['rate-limited', 5, () => ({ status: 429 })],
    ['rate-limited', 5, () => ({ status: 429, headers: { 'retry-after': '0' } })],
    ['refused', 60, () => ({ status: 400, headers: { 'retry-after': '1' } })],
    ['rate-limited', 90, () => ({ status: 429, headers: { 'retry-after': new Date(START + 90_000).toUTCString() } })],
    ['rate-limited', 33, () => ({ status: 403, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '33' } })],
  ] as const)('is %s, and tried again after %i s', async (state, seconds, answer) => {
    let wrong = true;
    const { harness, poller, nextIn, stateOf } = await polling([{ url: A }], () => (wrong ? answer() : { body: 'x' }));
    expect([stateOf('test:0'), nextIn('test:0')]).toEqual([state, seconds]);
    expect(poller.health()[0]?.detail).toContain(`next attempt in ${seconds} s`);
    wrong = false;
    await harness.advance(seconds * 1_000);
    expect(stateOf('test:0')).toBe('ok');
    await harness.stop();
  });

  it('takes the state that whoever takes the answer names, or malformed', async () => {
    const { harness, stateOf, nextIn } = await polling(
      [
        {
          url: A,
          take: () => {
            throw new SourceFault('refused', 'the key has expired', { retryAfterMs: 7_000 });
          },
        },
        { url: 'http://b.example/', take: () => Promise.reject(new Error('no items')) },
        { url: 'http://c.example/', take: () => new Promise(() => undefined) },
      ],
      () => ({ body: 'x', headers: { etag: '"1"' } }),
    );
    expect([stateOf('test:0'), nextIn('test:0'), stateOf('test:1')]).toEqual(['refused', 7, 'malformed']);
    await harness.advance(60_000);
    expect(stateOf('test:2')).toBe('malformed');
    await harness.stop();
  });

  it('backs off from a host that whoever takes its answers finds in trouble, as from one that says so', async () => {
    const wall = (): never => {
      throw new SourceFault('server-error', 'a wall');
    };
    const sources = Array.from({ length: 5 }, (_, at) => ({ url: `https://a.test/${at}`, everyMs: 1_000, take: wall }));
    const bench = await polling(sources, () => ({ body: '<html>' }));
    await bench.harness.advance(600_000);
    expect(bench.asked.map(({ at }) => Math.floor(at)).slice(0, 6)).toEqual([0, 5, 15, 35, 75, 155]);
  });

  it('is asked when woken after a wrong answer, but not before the backoff', async () => {
    const { harness, asked, poller } = await polling([{ url: A, everyMs: 3_600_000 }], () => ({ status: 404 }));
    poller.wake('test:0');
    await harness.advance(4_000);
    expect(times(asked)).toEqual([0]);
    await harness.advance(100_000);
    poller.wake('test:0');
    await harness.settle();
    expect(times(asked)).toEqual([0, 5, 104]);
    await harness.advance(600_000);
    poller.wake('test:0');
    await harness.settle();
    expect(times(asked)).toEqual([0, 5, 104, 704]);
    await harness.stop();
  });

  it('asks for what it could not take in full again', async () => {
    const { harness, asked } = await polling([{ url: A, take: () => Promise.reject(new Error('no items')) }], () => ({
      headers: { etag: '"1"' },
    }));
    await harness.advance(60_000);
    expect(asked[1]?.headers).not.toHaveProperty('if-none-match');
    await harness.stop();
  });

  it('backs off from 5 s to 15 min, and begins anew after a good answer', async () => {
    let wrong = true;
    const { harness, asked } = await polling([{ url: A }], () => (wrong ? failing('HTTP_UNREACHABLE') : { body: 'x' }));
    await harness.advance(3_600_000);
    const gaps = (): number[] => times(asked).map((time, index, all) => time - (all[index - 1] ?? 0));
    expect(gaps()).toEqual([0, 5, 10, 20, 40, 80, 160, 320, 640, 900, 900]);
    wrong = false;
    await harness.advance(400_000);
    wrong = true;
    await harness.advance(60_000);
    expect(gaps().slice(11)).toEqual([900, 60, 5, 10]);
    await harness.stop();
  });
});

describe('one host', () => {
  it('is asked one thing at a time', async () => {
    let [open, most] = [0, 0];
    const { harness } = await polling(
      Array.from({ length: 5 }, (_, index) => ({ url: `${A}/${index}` })),
      async () => {
        most = Math.max(most, ++open);
        await new Promise((resolve) => setImmediate(resolve));
        open--;
        return { body: 'x' };
      },
    );
    await harness.advance(300_000);
    expect([open, most]).toEqual([0, 1]);
    await harness.stop();
  });

  it('in trouble is tried by one of its sources at a time', async () => {
    const { harness, asked } = await polling(
      Array.from({ length: 10 }, (_, index) => ({ url: `${A}/${index}`, everyMs: 1_000 })),
      () => failing('HTTP_UNREACHABLE'),
    );
    await harness.advance(600_000);
    expect(asked.length).toBeLessThan(10);
    await harness.stop();
  });

  it('that wants to be left alone is left alone by all its sources, which say so', async () => {
    const { harness, asked, poller } = await polling([{ url: A }, { url: `${A}/2` }], (url) =>
      url === A ? { status: 429, headers: { 'retry-after': '300' } } : { body: 'x' },
    );
    await harness.advance(299_000);
    expect(asked).toHaveLength(1);
    expect(poller.health()[1]).toMatchObject({
      state: 'starting',
      detail: expect.stringMatching(/a\.example is left alone.*next attempt in 1 s/),
    });
    await harness.stop();
  });

  it('delays no other, whatever it does', async () => {
    const { harness, asked } = await polling([{ url: A }, { url: 'http://b.example/' }], (url) =>
      url === A ? new Promise<object>(() => undefined) : { body: 'x' },
    );
    await harness.advance(120_000);
    expect(times(asked, 'http://b.example/')).toEqual([0, 60, 120]);
    await harness.stop();
  });
});

describe('when the machine slept', () => {
  it.each([[false], [true]])('asks again soon, not all at once (monotonic clock counts it: %s)', async (monotonic) => {
    let n = 0;
    const { harness, asked } = await polling(
      Array.from({ length: 20 }, (_, index) => ({ url: `http://h${index}.example/`, everyMs: 900_000 })),
      () => ({ body: 'x' }),
      { random: () => (n++ % 20) / 20 },
    );
    await harness.advance(60_000);
    const before = asked.length;
    await harness.sleepMachine(600_000, { monotonic });
    await harness.advance(20_000);
    const after = asked.slice(before).map(({ at }) => at);
    expect(after).toHaveLength(20);
    expect(new Set(after).size).toBeGreaterThan(10);
    await harness.stop();
  });

  it.each([true, false])('asks no sooner after a good answer than is polite, asleep or not (monotonic clock: %s)', async (monotonic) => {
    const { harness, asked } = await polling([{ url: A }], () => ({ body: 'x', headers: { 'cache-control': 'max-age=160' } }));
    await harness.advance(20_000);
    await harness.sleepMachine(100_000, { monotonic });
    await harness.advance(39_000);
    expect(asked).toHaveLength(1);
    await harness.advance(30_000);
    expect(asked).toHaveLength(2);
    await harness.stop();
  });

  it('keeps the pause that a server asked for', async () => {
    const { harness, asked } = await polling([{ url: A }], () => ({ status: 429, headers: { 'retry-after': '600' } }));
    harness.stepClock(3_600_000);
    await harness.advance(500_000);
    expect(asked).toHaveLength(1);
    await harness.stop();
  });

  it('does nothing when the clock is set back', async () => {
    const { harness, asked, nextIn } = await polling([{ url: A }], () => ({ body: 'x' }));
    await harness.advance(30_000);
    harness.stepClock(-3_600_000);
    await harness.advance(20_000);
    expect([asked.length, nextIn('test:0')]).toEqual([1, 10]);
    await harness.stop();
  });
});
