import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CLIENT_READY, MtapiFormatError, readMessage } from './protocol.ts';

const Price = fc.double({ min: 0, max: 1e6, noNaN: true }).map((price) => Number(price.toFixed(8)));
const Symbol = fc.string({ unit: fc.constantFrom(...'EURUSD.#;,x"\\'), minLength: 1, maxLength: 20 });

it('reads what MtApi5 sends', () => {
  fc.assert(
    fc.property(Symbol, Price, Price, fc.nat(), fc.integer(), (symbol, bid, ask, time, expert) => {
      const payload = JSON.stringify({
        Tick: { Time: time, Bid: bid, Ask: ask, Last: 0, Volume: 3, VolumeReal: 0 },
        Instrument: symbol,
        ExpertHandle: expert,
      });
      expect(readMessage(`2;${expert};3;${payload}`)).toEqual({
        kind: 'tick',
        expert,
        tick: { symbol, time, bid, ask, last: 0, volume: 3 },
      });
    }),
  );
  expect(readMessage('2;7;3;{"Tick":{"Time":1,"Bid":1.1,"Ask":1.2},"Instrument":"X"}')).toMatchObject({ tick: { last: 0, volume: 0 } });
  expect(readMessage('3;')).toEqual({ kind: 'experts', handles: [] });
  expect(readMessage('3;131072,-65538')).toEqual({ kind: 'experts', handles: [131_072, -65_538] });
  expect(readMessage('4;12')).toEqual({ kind: 'added', handle: 12 });
  expect(readMessage('5;12')).toEqual({ kind: 'removed', handle: 12 });
  for (const other of ['1;7;1;{"ErrorCode":0}', '2;7;4;{"Rates":{}}', '2;7;2;{}', '77;x'])
    expect(readMessage(other)).toEqual({ kind: 'other' });
});

it('meets anything with a message or an MtapiFormatError, and makes no price of half a message', () => {
  const whole = '2;7;3;{"Tick":{"Time":1,"Bid":1.10000000,"Ask":1.20000000,"Last":0,"Volume":0},"Instrument":"EURUSD","ExpertHandle":7}';
  for (let at = 0; at < whole.length; at++) {
    try {
      expect(readMessage(whole.slice(0, at)).kind).not.toBe('tick');
    } catch (error) {
      expect(error).toBeInstanceOf(MtapiFormatError);
    }
  }
  expect(() => readMessage(`2;7;3;${'['.repeat(100_000)}`)).toThrow(MtapiFormatError);
  const anything = fc.oneof(
    fc.string(),
    fc
      .tuple(
        fc.constantFrom('1', '2', '3', '4', '5', '6', '-1', '1e9'),
        fc.array(fc.oneof(fc.string(), fc.json(), fc.integer().map(String))),
      )
      .map(([type, parts]) => [type, ...parts].join(';')),
    fc.json().map((json) => `2;7;3;${json}`),
    fc.tuple(fc.nat(whole.length), fc.string({ maxLength: 3 })).map(([at, junk]) => whole.slice(0, at) + junk + whole.slice(at)),
  );
  fc.assert(
    fc.property(anything, (text) => {
      try {
        const message = readMessage(text);
        if (message.kind === 'tick')
          for (const price of [message.tick.bid, message.tick.ask, message.tick.last]) expect(Number.isFinite(price)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(MtapiFormatError);
      }
    }),
    { numRuns: 2_000 },
  );
});

it('can say one thing, and that is no command', async () => {
  expect(CLIENT_READY).toBe('6;0');
  for (const file of await readdir(import.meta.dirname)) {
    if (file.endsWith('.test.ts')) continue;
    const source = await readFile(path.join(import.meta.dirname, file), 'utf8');
    for (const [, said] of source.matchAll(/\.send\(([^)]*)\)/g)) expect(said, file).toBe('CLIENT_READY');
  }
});
