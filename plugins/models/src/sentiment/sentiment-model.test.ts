import { readFileSync } from 'node:fs';
import type { RecordTask } from '@tickhub/plugin-sdk';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readModel } from '../model-file.ts';
import { Network } from '../sessions/network.ts';
import { loadRuntime } from '../sessions/runtime.ts';
import { batchOf } from './classifier.ts';
import { makeSentimentModel } from './sentiment-model.ts';
import type { SentimentModel } from './sentiment-model.ts';

const stored = await readModel('sentiment_v1');
const network = await Network.open(stored, await loadRuntime('native', () => undefined));
const fresh = (): SentimentModel => makeSentimentModel(stored.file, network);

let seq = 0;
const record = (stream: 'news' | 'social', body: Record<string, unknown>, key = `${++seq}`, time = 1_000): RecordTask => ({
  type: 'record',
  stream,
  source: 'test',
  record: { seq: ++seq, key, time, body },
  models: null,
});
const news = (title: string, more: Record<string, unknown> = {}): RecordTask =>
  record('news', { title, feed: 'wire', symbols: [], currencies: [], timeQuality: 'exact', ...more });
const post = (text: string, more: Record<string, unknown> = {}): RecordTask =>
  record('social', { kind: 'post', network: 'net', author: 'a', text, symbols: [], spam: 0, ...more });

async function stances(task: RecordTask): Promise<Record<string, string>> {
  const answers = await fresh().answer(task);
  return Object.fromEntries(
    answers.map(({ symbol, finding: { probabilities } }) => {
      const [[best = 'abstains'] = []] = Object.entries(probabilities ?? {}).sort(([, a], [, b]) => b - a);
      return [symbol, best];
    }),
  );
}

describe('the network', () => {
  it('says what numpy says of its weights, and the same bits whatever rows are beside', async () => {
    const rows = z
      .array(z.object({ ids: z.array(z.number()), logits: z.tuple([z.number(), z.number()]) }))
      .parse(JSON.parse(readFileSync(new URL('../../test/fixtures/sentiment-logits.json', import.meta.url), 'utf8')));
    const ids = rows.map((row) => Int32Array.from(row.ids));
    const { data, dims } = batchOf(ids);
    const { logits = new Float32Array() } = await network.run({ ids: { data, dims } }, rows.length);
    for (const [i, row] of rows.entries()) {
      expect(logits[i * 3]).toBeCloseTo(row.logits[0], 5);
      expect(logits[i * 3 + 1]).toBe(0);
      expect(logits[i * 3 + 2]).toBeCloseTo(row.logits[1], 5);
      const own = batchOf(ids.slice(i, i + 1));
      const alone = await network.run({ ids: own }, 1);
      expect(alone['logits']).toEqual(logits.subarray(i * 3, i * 3 + 3));
    }
  });
});

describe('sentiment_v1', () => {
  it('answers for each symbol that a headline concerns, a quote turned around', async () => {
    expect(await stances(news('Dollar slides to a two-week low', { symbols: ['EURUSD', 'USDJPY'], currencies: ['USD'] }))).toEqual({
      EURUSD: 'positive',
      USDJPY: 'negative',
    });
    expect(await stances(news('The pound slips'))).toEqual({ GBPUSD: 'negative' });
    expect(await stances(news('Gold jumps to a record high'))).toEqual({ XAUUSD: 'positive' });
  });

  it('takes from the lexicon what no training text says', async () => {
    const [answer] = await fresh().answer(news('Fed turns hawkish', { symbols: ['EURUSD'] }));
    expect(answer?.finding.details['lexicon']).toBe('hawkish:USD');
    expect(answer?.finding.probabilities?.['negative']).toBeGreaterThan(0.5);
    expect(await stances(news('RBA hikes rates', { symbols: ['AUDUSD'] }))).toEqual({ AUDUSD: 'positive' });
  });

  it('reads posts about a share as a whole', async () => {
    expect(await stances(post('$AAPL upgraded to Buy, shares surge', { symbols: ['AAPL'] }))).toEqual({ AAPL: 'positive' });
    expect(await stances(post('$AAPL cut to Sell, shares plunge', { symbols: ['AAPL'] }))).toEqual({ AAPL: 'negative' });
  });

  it.each([
    ['nothing', '', {}],
    ['no word', 'https://example.com 12.5 📈 $AAPL', {}],
    ['German, as the source says', 'Apple steigt', { language: 'de' }],
    ['German, as it seems', 'Apple steigt nach den Zahlen auf dem Markt', {}],
    ['Japanese', 'アップル株が上昇', {}],
  ])('abstains on %s', async (_, text, more) => {
    const [answer] = await fresh().answer(post(text, { symbols: ['AAPL'], ...more }));
    expect(answer?.finding).toMatchObject({ probabilities: null, confidence: 0 });
    expect(answer?.finding.abstained).not.toBeNull();
  });

  it('abstains where a pair is concerned and neither side is named', async () => {
    expect(await stances(news('Markets rally on strong earnings', { symbols: ['EURUSD'] }))).toEqual({ EURUSD: 'abstains' });
  });

  it('is less sure of what is cut off, short, unnamed, or seems to be spam', async () => {
    const sure = async (task: RecordTask): Promise<number> => (await fresh().answer(task))[0]?.finding.confidence ?? NaN;
    const text = 'AAPL shares plunge after dismal results';
    const normal = await sure(news(text, { symbols: ['AAPL'] }));
    expect(normal).toBeGreaterThan(0);
    expect(await sure(news(text, { symbols: ['MSFT'] }))).toBeLessThan(normal);
    expect(await sure(news(`${text} ${' '.repeat(600)}`, { symbols: ['AAPL'] }))).toBeLessThan(normal);
    const said = await sure(post(text, { symbols: ['AAPL'] }));
    expect(await sure(post(text, { symbols: ['AAPL'], spam: 0.9 }))).toBeCloseTo(said * 0.1);
  });

  it('does not answer of aggregates, of posts that were taken back, or of duplicates; and forgets what they said', async () => {
    const model = fresh();
    const body = { kind: 'post', network: 'net', author: 'a', text: 'AAPL shares plunge', symbols: ['AAPL'], spam: 0 };
    await model.answer(record('social', body, 'one'));
    expect(model.mood('AAPL', 1_000).net).toBeLessThan(0);
    expect(await model.answer(record('social', { ...body, text: undefined, deleted: true }, 'one'))).toEqual([]);
    expect(model.mood('AAPL', 1_000).records).toBe(0);
    expect(await model.answer(news('AAPL shares plunge', { symbols: ['AAPL'], duplicateOf: 'x' }))).toEqual([]);
    expect(await model.answer(record('social', { kind: 'aggregate' }))).toEqual([]);
  });

  it('answers any text with shares that sum to 1, as of the record', async () => {
    const model = fresh();
    const words = fc.array(fc.constantFrom('dollar', 'EUR/USD', 'falls', 'hawkish', 'Fed', ';', '📉', '\u{E000}', '-5%', 'İ', '\ud800'), {
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string({ unit: 'binary', maxLength: 200 }),
          words.map((all) => all.join(' ')),
        ),
        async (title) => {
          for (const { at, finding } of await model.answer(news(title, { symbols: ['EURUSD', 'AAPL'] }))) {
            expect(at).toBe(1_000);
            expect(finding.inputs).toEqual({ from: 1_000, to: 1_000, count: 1 });
            if (finding.probabilities === null) continue;
            expect(Object.values(finding.probabilities).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5);
            expect(finding.confidence >= 0 && finding.confidence <= 1).toBe(true);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
