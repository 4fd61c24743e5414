import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DwxFormatError, readHistory, readMarketData, readMessages, refusedNames } from './files.ts';

type Quote = [name: string, bid: number, ask: number, last: number];

function read(text: string): Quote[] {
  const quotes: Quote[] = [];
  readMarketData(text, (...quote) => void quotes.push(quote));
  return quotes;
}

const Name = fc.string({ unit: fc.constantFrom(...'EURUSDGBPXAU.#_-mx0123'), minLength: 1, maxLength: 12 });
const Price = fc.double({ min: 0, max: 1e6, noNaN: true }).map((price) => Number(price.toFixed(5)));
const Market = fc.uniqueArray(fc.tuple(Name, Price, Price), { selector: ([name]) => name, maxLength: 20 });

function written(market: readonly (readonly [string, number, number])[]): string {
  const entries = market.map(
    ([name, bid, ask]) => `"${name}": {"bid": ${bid.toFixed(5)}, "ask": ${ask.toFixed(5)}, "tick_value": 1.00000}`,
  );
  return `{${entries.join(', ')}}\r\n`;
}

it('reads what the EA writes', () => {
  expect(read('{"EURUSD": {"bid": 1.10000, "ask": 1.10010, "tick_value": 1.00000}}\r\n')).toEqual([['EURUSD', 1.1, 1.1001, 0]]);
  expect(read('{"EURUSD": {"bid": 1.1, "ask": 1.2, "last": 1.15, "bf1": 0.1}}')).toEqual([['EURUSD', 1.1, 1.2, 1.15]]);
  expect(read('{}\r\n')).toEqual([]);
  fc.assert(fc.property(Market, (market) => void expect(new Set(read(written(market)))).toEqual(new Set(market.map((it) => [...it, 0])))));
});

it('never takes a part for the whole', () => {
  fc.assert(
    fc.property(Market, fc.nat(), (market, at) => {
      const text = written(market).trimEnd();
      expect(() => read(text.slice(0, at % text.length))).toThrow(DwxFormatError);
    }),
  );
});

it('passes over an entry that has no prices, and takes the others', () => {
  const quotes: string[] = [];
  const text =
    '{"": {"bid": 1, "ask": 1}, "A": {"bid": "1", "ask": 2}, "B": null, "__proto__": {"bid": 5, "ask": 6}, "C": {"bid": 3, "ask": 4}}';
  expect(readMarketData(text, (name) => void quotes.push(name))).toBe(3);
  expect(quotes).toEqual(['__proto__', 'C']);
});

it('meets anything with quotes or a DwxFormatError', () => {
  const anything = fc.oneof(
    fc.string(),
    fc.json(),
    Market.map(written),
    fc.tuple(Market, fc.nat(), fc.string({ maxLength: 4 })).map(([market, at, junk]) => {
      const text = written(market);
      const cut = at % text.length;
      return text.slice(0, cut) + junk + text.slice(cut);
    }),
    fc.constantFrom('null', '[]', '1', '{"A": {"bid": nan, "ask": inf}}', '{"A": {"bid": 1e999, "ask": 1}}', '\u0000'),
  );
  expect(() => read('{"A":'.repeat(100_000))).toThrow(DwxFormatError);
  fc.assert(
    fc.property(anything, (text) => {
      for (const reader of [
        () => read(text).flat(),
        () => readMessages(text),
        () => [...readHistory(text).values()].flat().flatMap(Object.values),
      ]) {
        try {
          const found = reader();
          if (Array.isArray(found)) for (const it of found) if (typeof it === 'number') expect(Number.isFinite(it)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(DwxFormatError);
        }
      }
    }),
    { numRuns: 2_000 },
  );
});

it('reads messages in their order, and which symbols a terminal does not have', () => {
  const text =
    '{"200": {"type": "ERROR", "time": "2026.01.05 12:00:00", "error_type": "SUBSCRIBE_SYMBOL", "description": "Could not subscribe to symbols: A, B.x"}, ' +
    '"100": {"type": "INFO", "time": "2026.01.05 12:00:00", "message": "Successfully subscribed to: EURUSD"}, "x": {"type": "INFO", "message": "no number"}}';
  const messages = readMessages(text);
  expect(messages.map(({ at }) => at)).toEqual([100, 200]);
  expect(messages.flatMap(({ message }) => refusedNames(message))).toEqual(['A', 'B.x']);
});

it('reads bars, and leaves out what are none', () => {
  const bar = (open: number) =>
    `{"open": ${open.toFixed(5)}, "high": 1.30000, "low": 1.10000, "close": 1.20000, "tick_volume": 1983.00000}`;
  const text = `{"EURUSD.x_M1": {"2022.07.08 01:01": ${bar(1.2)}, "2022.07.08 01:00": ${bar(1.1)}, "2022.02.30 01:00": ${bar(1)}, "x": ${bar(1)}, "2022.07.08 01:02": {}}}\r\n`;
  const open = Date.UTC(2022, 6, 8, 1) / 1_000;
  expect(readHistory(text)).toEqual(
    new Map([
      [
        'EURUSD.x_M1',
        [
          { time: open, open: 1.1, high: 1.3, low: 1.1, close: 1.2, ticks: 1_983 },
          { time: open + 60, open: 1.2, high: 1.3, low: 1.1, close: 1.2, ticks: 1_983 },
        ],
      ],
    ]),
  );
  for (let at = 0; at < text.trimEnd().length; at++) expect(() => readHistory(text.slice(0, at))).toThrow(DwxFormatError);
});
