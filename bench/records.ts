/**
 * `node scripts/run.mjs bench/records.ts`: what a record costs the host's thread, new and known, beside reading its JSON alone.
 * Records are news of about 600 bytes in frames of 100, as a feed publishes them.
 */
import type { NewsBody } from '@tickhub/plugin-sdk';
import { TIER_LIMITS } from '../host/src/entitlement/limits.ts';
import { SymbolGate } from '../host/src/entitlement/symbol-gate.ts';
import { RecordIntake } from '../host/src/streams/record-intake.ts';
import { jsonBody, ManualSpool } from '../host/src/streams/streams.fixture.ts';
import { median } from './median.ts';

const FRAMES = 200;
const PER_FRAME = 100;
const ROUNDS = 5;

function frame(round: number, at: number): Uint8Array {
  const records = Array.from({ length: PER_FRAME }, (_, i) => {
    const n = round * FRAMES * PER_FRAME + at * PER_FRAME + i;
    const body: NewsBody = {
      title: `Statement ${n} on monetary policy and what follows from it for the exchange rate`,
      text: 'The committee decided to leave the rate as it is. '.repeat(6),
      url: `https://www.example.org/news/${n}.html`,
      feed: 'wire:desk',
      language: 'en',
      symbols: ['EURUSD', 'XAUUSD'],
      currencies: ['EUR', 'USD'],
      timeQuality: 'exact',
    };
    return { time: 1_700_000_000_000 + n, key: `desk:${n}`, body };
  });
  return jsonBody({ stream: 'news', source: 'wire:desk', records });
}

const intake = new RecordIntake(new SymbolGate({ tier: 'pro', limits: TIER_LIMITS.pro }), new ManualSpool(), () => undefined);
const decoder = new TextDecoder();
const perRecord = { parsed: [] as number[], fresh: [] as number[], known: [] as number[] };

function time(into: number[], frames: readonly Uint8Array[], work: (frame: Uint8Array) => void): void {
  const started = performance.now();
  for (const one of frames) work(one);
  into.push(((performance.now() - started) * 1_000) / (FRAMES * PER_FRAME));
}

for (let round = 0; round < ROUNDS; round++) {
  const frames = Array.from({ length: FRAMES }, (_, at) => frame(round, at));
  time(perRecord.parsed, frames, (one) => void JSON.parse(decoder.decode(one)));
  time(perRecord.fresh, frames, (one) => intake.take('wire', one));
  time(perRecord.known, frames, (one) => intake.take('wire', one));
}

const [parsed, fresh, known] = [perRecord.parsed, perRecord.fresh, perRecord.known].map(median) as [number, number, number];
console.log(`JSON alone       ${parsed.toFixed(1)} us a record`);
console.log(`a new record     ${fresh.toFixed(1)} us, ${(fresh / parsed).toFixed(1)} times that`);
console.log(`a known record   ${known.toFixed(1)} us, ${(known / parsed).toFixed(1)} times that`);
