/** The gateway against clients that do as they please, over real sockets. */
import { request } from 'node:http';
import fc from 'fast-check';
import { SignJWT, generateKeyPair } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RawClient } from './raw-client.ts';
import { RunningGateway } from './running-gateway.ts';
import { until } from './until.ts';

let backend: RunningGateway;
let token: string;
beforeAll(async () => {
  backend = await RunningGateway.start();
  token = await backend.token();
});
afterAll(() => backend.stop());

let nextUser = 0;

/** A client of a user of its own, with its hello said. */
async function client(options: { protocols?: string[]; epoch?: string; user?: string } = {}): Promise<RawClient & { user: string }> {
  const user = options.user ?? `user-${nextUser++}`;
  const raw = new RawClient(backend.url(user), await backend.token(user), {
    user,
    ...(options.protocols ? { protocols: options.protocols } : {}),
  });
  await raw.hello(options.epoch === undefined ? {} : { epoch: options.epoch });
  return Object.assign(raw, { user });
}

const totals = (user: string) => backend.read((ledger) => ledger.usage().find((row) => row.user === user));

describe('who may come in', () => {
  it.each([
    ['no token', null, 4401],
    ['a word', 'letmein', 4401],
    [
      'alg none',
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"sub":"trader","exp":99999999999,"tier":"pro"}').toString('base64url')}.`,
      4401,
    ],
  ])('not with %s', async (_, bearer, code) => {
    const raw = new RawClient(backend.url(), bearer);
    expect(await raw.end()).toMatchObject({ code });
    expect(raw.got).toEqual([]);
  });

  it("not with another user's token", async () => {
    expect(await new RawClient(backend.url('victim'), token).end()).toMatchObject({ code: 4403 });
  });

  it('not with a token that has expired', async () => {
    const raw = new RawClient(backend.url(), await backend.token('trader', -120));
    expect(await raw.end()).toMatchObject({ code: 4408 });
  });

  it('not with a token that another key signed', async () => {
    const { privateKey } = await generateKeyPair('EdDSA');
    const forged = await new SignJWT({ tier: 'enterprise' })
      .setProtectedHeader({ alg: 'EdDSA', kid: String(backend.gateway.tokens.jwks.keys[0]?.kid) })
      .setSubject('trader')
      .setIssuer('tickhub-gateway')
      .setAudience('tickhub')
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(privateKey);
    expect(await new RawClient(backend.url(), forged).end()).toMatchObject({
      code: 4401,
      reason: 'the token is not signed by a key of this backend',
    });
  });

  it('and no longer than the token counts', async () => {
    // 60 s of tolerance are over in a second and a half.
    const raw = new RawClient(backend.url('short'), await backend.token('short', -58.5), { user: 'short' });
    await raw.hello();
    expect(await raw.end()).toMatchObject({ code: 4408 });
  });

  it.each(['/', '/ws/client/', '/ws/client/a/b', '/ws/client/%2e%2e%2f', '/ws/client/%zz', '/ws/other/trader'])(
    'not at %s',
    async (path) => {
      const raw = new RawClient(backend.url().replace(/\/ws\/.*/, path), token);
      expect(await raw.end()).toMatchObject({ code: 1006 });
    },
  );

  it('takes a user id with any characters that are not slashes', async () => {
    const user = 'Ünïcode user@example.com';
    const raw = new RawClient(backend.url(user), await backend.token(user), { user });
    expect(await raw.hello()).toBe(0);
    raw.socket.close();
  });
});

describe('the handshake', () => {
  it('gives JSON to a client that offers nothing, and the best of what is offered', async () => {
    for (const [protocols, chosen] of [
      [[], ''],
      [['tickhub.json.v1'], 'tickhub.json.v1'],
      [['tickhub.json.v1', 'tickhub.binary.v1'], 'tickhub.binary.v1'],
    ] as const) {
      const raw = await client({ protocols: [...protocols] });
      expect(raw.socket.protocol).toBe(chosen);
      raw.socket.close();
    }
  });

  it('answers hello with the last seq of that epoch, 0 for a new one', async () => {
    const first = await client();
    first.symbols();
    for (let seq = 1; seq <= 3; seq++) first.tick(seq);
    await first.acked(3);
    first.socket.close();
    const again = new RawClient(backend.url(first.user), await backend.token(first.user), { user: first.user });
    expect(await again.hello()).toBe(3);
    const other = new RawClient(backend.url(first.user), await backend.token(first.user), { user: first.user });
    expect(await other.hello({ epoch: 'other' })).toBe(0);
    other.socket.close();
  });

  it.each([
    ['a frame', (raw: RawClient) => raw.say('ticks', { seq: 1 }), 4400],
    ['a binary message', (raw: RawClient) => raw.tick(1), 4400],
    ['no JSON', (raw: RawClient) => raw.socket.send('hello'), 4400],
    ['an epoch that is too long', (raw: RawClient) => raw.say('hello', { protocol: 1, epoch: 'x'.repeat(65) }), 4400],
    ["another user's hello", (raw: RawClient) => raw.say('hello', { protocol: 1, epoch: 'e' }, 'somebody'), 4400],
    ['a protocol of the future', (raw: RawClient) => raw.say('hello', { protocol: 2, epoch: 'e' }), 4406],
  ])('refuses %s in its place', async (_, say, code) => {
    const raw = await new RawClient(backend.url(), token).open();
    say(raw);
    expect(await raw.end()).toMatchObject({ code });
    expect(raw.got.at(-1)?.data_type).toBe('error');
  });

  it('replaces the older connection of a user', async () => {
    const older = await client();
    const newer = await client({ user: older.user });
    expect(await older.end()).toMatchObject({ code: 4409 });
    newer.symbols();
    newer.tick(1);
    await newer.acked(1);
    newer.socket.close();
  });
});

describe('frames', () => {
  it('that come again are acknowledged again and dropped', async () => {
    const raw = await client();
    raw.symbols();
    raw.tick(1);
    raw.tick(2);
    await raw.acked(2);
    const before = raw.got.length;
    raw.tick(1);
    await until('another ack', () => raw.got.length > before);
    expect(raw.got.at(-1)).toMatchObject({ data_type: 'ack', payload: { epoch: 'e', seq: 2 } });
    expect(totals(raw.user)).toMatchObject({ frames: 2, ticks: 2, duplicateFrames: 1, conflicts: 0 });
    raw.socket.close();
  });

  it('that come again in the other encoding are known again', async () => {
    const raw = await client();
    raw.symbols();
    raw.tick(1, { bid: 1.1 });
    await raw.acked(1);
    raw.jsonTick(1, { bid: 1.1 });
    raw.tick(2);
    await raw.acked(2);
    expect(totals(raw.user)).toMatchObject({ frames: 2, duplicateFrames: 1, conflicts: 0 });
    raw.socket.close();
  });

  it('that come again with other content are refused and reported, and the first is kept', async () => {
    const raw = await client();
    raw.symbols();
    raw.tick(1, { bid: 1.1 });
    await raw.acked(1);
    raw.tick(1, { bid: 1.2 });
    expect(await raw.end()).toMatchObject({ code: 4412 });
    expect(raw.got.at(-1)).toMatchObject({ data_type: 'error', payload: { code: 'CONFLICT' } });
    expect(totals(raw.user)).toMatchObject({ frames: 1, conflicts: 1, duplicateFrames: 0 });
    expect(backend.read((ledger) => [...ledger.ticks({ user: raw.user })].map(({ bid }) => bid))).toEqual([1.1]);
    expect(backend.lines.join()).toContain('came again with other content');
  });

  it('must not jump', async () => {
    const raw = await client();
    raw.symbols();
    raw.tick(1);
    raw.tick(3);
    expect(await raw.end()).toMatchObject({ code: 4410 });
    expect(raw.got.at(-1)?.payload['message']).toContain('2 to 2 were not announced');
    // What came before the jump counts.
    expect(totals(raw.user)).toMatchObject({ frames: 1 });
  });

  it('may jump over a hole, which is acknowledged and kept', async () => {
    const raw = await client();
    raw.symbols();
    raw.say('hole', { epoch: 'e', from_seq: 1, to_seq: 7 });
    await raw.acked(7);
    raw.tick(8);
    await raw.acked(8);
    expect(totals(raw.user)).toMatchObject({ frames: 1, holeFrames: 7 });
    raw.say('hole', { epoch: 'e', from_seq: 12, to_seq: 13 });
    expect(await raw.end()).toMatchObject({ code: 4410 });
  });

  it('with ticks that another epoch brought keep only what is new', async () => {
    const raw = await client();
    raw.symbols();
    raw.tick(1, { time: 5 });
    raw.tick(2, { time: 6 });
    await raw.acked(2);
    raw.socket.close();
    const again = await client({ user: raw.user, epoch: 'f' });
    again.symbols();
    again.tick(1, { time: 6 });
    again.tick(2, { time: 6, ordinal: 1 });
    await again.acked(2);
    expect(totals(raw.user)).toMatchObject({ frames: 4, ticks: 3, cursorDuplicates: 1 });
    expect(backend.read((ledger) => [...ledger.ticks({ user: raw.user })].map(({ time, ordinal }) => [time, ordinal]))).toEqual([
      [5, 0],
      [6, 0],
      [6, 1],
    ]);
    again.socket.close();
  });

  it.each([
    ['of a symbol that was not announced', (raw: RawClient) => raw.tick(1, { symbol: 77 })],
    ['with a time that is none', (raw: RawClient) => raw.tick(1, { time: Number.NaN })],
    ['of another epoch', (raw: RawClient) => raw.say('news', { epoch: 'z', seq: 1, source: 's', records: [{}] })],
    ['without records', (raw: RawClient) => raw.say('news', { epoch: 'e', seq: 1, source: 's', records: [] })],
    ['of a stream with a bad name', (raw: RawClient) => raw.say('News!', { epoch: 'e', seq: 1, source: 's', records: [{}] })],
    ['with seq 0', (raw: RawClient) => raw.jsonTick(0)],
    ['that are byte soup', (raw: RawClient) => raw.socket.send(Buffer.from([1, 1, 3, 9, 9, 9]))],
    ['before a second hello', (raw: RawClient) => raw.say('hello', { protocol: 1, epoch: 'e' })],
    ['that are not UTF-8', (raw: RawClient) => raw.socket.send(Buffer.from([0xff, 0xfe]), { binary: false })],
  ])('%s end the connection and leave nothing', async (_, send) => {
    const raw = await client();
    raw.symbols();
    send(raw);
    expect((await raw.end()).code).toSatisfy((code: number) => code === 4400 || code === 1007 || code === 1006);
    expect(totals(raw.user)?.frames ?? 0).toBe(0);
  });

  it('of another user are ignored and logged', async () => {
    const raw = await client();
    raw.symbols();
    raw.say('news', { epoch: 'e', seq: 1, source: 's', records: [{ a: 1 }] }, 'victim');
    raw.tick(1);
    await raw.acked(1);
    expect(totals('victim')).toBeUndefined();
    expect(totals(raw.user)).toMatchObject({ ticks: 1, records: 0 });
    expect(backend.lines.join()).toContain('ignored 1 envelopes with another user_id');
    raw.socket.close();
  });

  it('must not be larger than 16 MiB', async () => {
    const raw = await client();
    raw.socket.send(Buffer.alloc(16 * 1_048_576 + 1));
    expect((await raw.end()).code).toSatisfy((code: number) => code === 1009 || code === 1006);
    const next = await client();
    next.socket.close();
  });

  it('of whatever bytes never harm it', async () => {
    const soup = fc.sample(
      fc.oneof(
        fc.uint8Array({ maxLength: 64 }),
        fc.uint8Array({ maxLength: 64 }).map((bytes) => Uint8Array.of(1, ...bytes)),
      ),
      { numRuns: 60, seed: 7 },
    );
    const texts = fc.sample(
      fc.oneof(
        fc.json(),
        fc
          .record({ user_id: fc.constant('soup'), data_type: fc.constantFrom('ticks', 'symbols', 'hole', 'news'), payload: fc.jsonValue() })
          .map((value) => JSON.stringify(value)),
      ),
      { numRuns: 60, seed: 7 },
    );
    for (const message of [...soup, ...texts]) {
      const raw = await client({ user: 'soup' });
      raw.socket.send(message);
      raw.symbols();
      raw.socket.close();
      await raw.end();
    }
    const sound = await client();
    sound.symbols();
    sound.tick(1);
    await sound.acked(1);
    sound.socket.close();
  });

  it('cannot give a symbol id another meaning within an epoch', async () => {
    const raw = await client();
    raw.symbols();
    raw.say('symbols', {
      sources: [{ id: 0, name: 'mt5:test' }],
      symbols: [{ id: 0, source_id: 0, name: 'GBPUSD', raw_name: 'GBPUSD', digits: 5 }],
    });
    expect(await raw.end()).toMatchObject({ code: 4400 });
    expect(raw.got.at(-1)?.payload['message']).toContain('symbol id 0 is EURUSD');
  });
});

describe('signs of life', () => {
  it('are given each second, and a client that gives none is cut off after 3 s', async () => {
    const raw = await client();
    raw.socket.pong = () => undefined;
    // The automatic pong of ws goes by another way: take the socket's reading away.
    await until('pings', () => raw.pings >= 2, 4_000);
    raw.socket.pause();
    const stats = () => backend.gateway.stats().then(({ connections }) => connections);
    const before = await stats();
    await until('the cut', async () => (await stats()) < before, 8_000);
    raw.socket.terminate();
  });
});

describe('HTTP', () => {
  const base = (): string =>
    backend
      .url()
      .replace('ws:', 'http:')
      .replace(/\/ws\/.*/, '');

  it('tells health, keys and numbers', async () => {
    expect(await (await fetch(`${base()}/healthz`)).json()).toEqual({ status: 'ok' });
    const jwks = (await (await fetch(`${base()}/.well-known/jwks.json`)).json()) as { keys: object[] };
    expect(jwks.keys).toHaveLength(1);
    expect(jwks.keys[0]).toMatchObject({ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', use: 'sig' });
    expect(jwks.keys[0]).not.toHaveProperty('d');
    const stats = (await (await fetch(`${base()}/stats`)).json()) as { ledger: object; users: object[] };
    expect(stats.ledger).toEqual({ ok: true });
    expect(stats.users.length).toBeGreaterThan(3);
  });

  it('answers numbers to programs on this machine only, and nothing else', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      request(`${base()}/stats`, { headers: { host: 'rebound.example' } }, (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end();
    });
    expect(status).toBe(403);
    expect((await fetch(`${base()}/nothing`)).status).toBe(404);
    expect((await fetch(`${base()}/stats`, { method: 'POST' })).status).toBe(405);
  });
});
