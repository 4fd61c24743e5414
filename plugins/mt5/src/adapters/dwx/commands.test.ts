import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandBox, encodeCommand, isNameForCommand, type DwxCommand } from './commands.ts';

/** What the EA makes of a command, as its source has it. */
function understood(text: string): { verb: string; symbols: string[] } {
  expect(text.startsWith('<:') && text.endsWith(':>')).toBe(true);
  const parts = text.slice(2, -2).split('|');
  expect(parts).toHaveLength(3);
  return { verb: parts[1] ?? '', symbols: (parts[2] ?? '').split(',') };
}

/** All that DWX Connect's source knows besides: it trades, reads trades, or is of use to clients that count ids. */
const OTHERS = [
  'OPEN_ORDER',
  'CLOSE_ORDER',
  'CLOSE_ALL_ORDERS',
  'CLOSE_ORDERS_BY_SYMBOL',
  'CLOSE_ORDERS_BY_MAGIC',
  'MODIFY_ORDER',
  'GET_HISTORIC_TRADES',
];

describe('a command', () => {
  it('is a subscription, whatever the names are', () => {
    const hostile = fc.oneof(
      fc.string({ maxLength: 64 }),
      fc.string({ unit: fc.constantFrom(...'<:|>,:EURUSD.x#"\r\n\0 '), minLength: 1, maxLength: 20 }),
      fc.constantFrom(...OTHERS.map((verb) => `x:>|${verb}|1`), ...OTHERS.map((verb) => `EURUSD|${verb}|`), ...OTHERS),
    );
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 5 }), (symbols) => {
        let text: string;
        try {
          text = encodeCommand(100_001, { verb: 'SUBSCRIBE_SYMBOLS', symbols });
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
          expect(symbols.length === 0 || !symbols.every(isNameForCommand)).toBe(true);
          return;
        }
        expect(understood(text)).toEqual({ verb: 'SUBSCRIBE_SYMBOLS', symbols });
        for (let i = 0; i < text.length; i++) expect(text.charCodeAt(i)).toBeLessThan(128);
      }),
      { numRuns: 3_000 },
    );
  });

  it('asks for bars of one symbol and one width', () => {
    const ask: DwxCommand = { verb: 'GET_HISTORIC_DATA', symbol: 'EURUSD.x', timeframe: 'M1', from: 1_657_242_000, to: 1_657_245_600.9 };
    expect(encodeCommand(7, ask)).toBe('<:7|GET_HISTORIC_DATA|EURUSD.x,M1,1657242000,1657245600:>');
    expect(() => encodeCommand(7, { ...ask, symbol: 'X:>|' })).toThrow(TypeError);
  });

  it('cannot trade: there is no way to say so', async () => {
    // @ts-expect-error: not a verb that there is a type for.
    const command: DwxCommand = { verb: 'OPEN_ORDER', symbols: ['EURUSD'] };
    expect(command.verb).toBe('OPEN_ORDER');
    for (const file of await readdir(import.meta.dirname)) {
      if (file.endsWith('.test.ts')) continue;
      const source = await readFile(path.join(import.meta.dirname, file), 'utf8');
      for (const verb of OTHERS) expect(source, file).not.toContain(verb);
    }
  });

  it('takes the names that brokers use', () => {
    for (const name of [
      'EURUSD.x',
      '#AAPL',
      'EURUSD#',
      'US30.cash',
      '[NQ100]',
      'EUR/USD',
      'US SPX 500',
      'XAUUSD+',
      '_DXY',
      'BTCUSD!',
      '&COCOA_K6',
    ]) {
      expect(isNameForCommand(name), name).toBe(true);
    }
    for (const name of ['', ' A', 'A ', 'A|B', 'A,B', 'A:>', '<:A', 'A"B', 'Öl', 'A\n']) expect(isNameForCommand(name), name).toBe(false);
  });
});

describe('the command files', () => {
  let dir = '';
  beforeEach(async () => {
    dir = await mkdtemp(path.join(os.tmpdir(), 'tickhub-box-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));
  const subscribe: DwxCommand = { verb: 'SUBSCRIBE_SYMBOLS', symbols: ['EURUSD'] };

  it('are filled from the first that is free, never over one that waits, and leave nothing else behind', async () => {
    await writeFile(path.join(dir, 'DWX_Commands_0.txt'), 'of another client');
    const box = new CommandBox(dir, 1_700_000_000);
    expect(await box.put(subscribe)).toBe(true);
    expect(await box.put(subscribe)).toBe(true);
    expect((await readdir(dir)).sort()).toEqual(['DWX_Commands_0.txt', 'DWX_Commands_1.txt', 'DWX_Commands_2.txt']);
    expect(await readFile(path.join(dir, 'DWX_Commands_0.txt'), 'utf8')).toBe('of another client');
    const texts = await Promise.all([1, 2].map((i) => readFile(path.join(dir, `DWX_Commands_${i}.txt`), 'utf8')));
    expect(texts).toEqual(['<:1700100000|SUBSCRIBE_SYMBOLS|EURUSD:>', '<:1700100001|SUBSCRIBE_SYMBOLS|EURUSD:>']);
  });

  it('may all be taken, or their folder be away', async () => {
    const box = new CommandBox(dir, 0);
    for (let i = 0; i < 50; i++) expect(await box.put(subscribe)).toBe(true);
    expect(await box.put(subscribe)).toBe(false);
    expect(await readdir(dir)).toHaveLength(50);
    expect(await new CommandBox(path.join(dir, 'none'), 0).put(subscribe)).toBe(false);
  });
});
