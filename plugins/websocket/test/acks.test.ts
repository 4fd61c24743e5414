/** Row 6 of the reliability tests: acks that are lost, repeated, reordered, from the future, or for another tenant. */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { RunningLink } from './running-link.ts';
import { ScriptedBackend } from './scripted-backend.ts';
import { SimulatedSpool } from './simulated-spool.ts';
import { until } from './until.ts';

const RUNS = 1_000;
const SEED = Number(process.env['TICKHUB_TEST_SEED'] ?? 20_261_123);

let backend: ScriptedBackend;
let running: RunningLink;
afterEach(async () => {
  await running.stop();
  await backend.close();
});

type Act =
  | { readonly kind: 'frames'; readonly count: number }
  | { readonly kind: 'ack'; readonly back: number }
  | { readonly kind: 'future'; readonly ahead: number }
  | { readonly kind: 'epoch'; readonly seq: number }
  | { readonly kind: 'tenant'; readonly seq: number }
  | { readonly kind: 'repeat' };

const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ kind: fc.constant('frames' as const), count: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ kind: fc.constant('ack' as const), back: fc.integer({ min: 0, max: 8 }) }),
  fc.record({ kind: fc.constant('future' as const), ahead: fc.integer({ min: 1, max: 1e9 }) }),
  fc.record({ kind: fc.constant('epoch' as const), seq: fc.integer({ min: 1, max: 1e6 }) }),
  fc.record({ kind: fc.constant('tenant' as const), seq: fc.integer({ min: 1, max: 1e6 }) }),
  fc.constant({ kind: 'repeat' as const }),
);

describe('acks', () => {
  it(`never move the cursor back, nor beyond what was sent: ${RUNS} random histories, seed ${SEED}`, async () => {
    backend = await ScriptedBackend.start();
    const spool = new SimulatedSpool({ window: 1e9 });
    running = new RunningLink({ spool, url: backend.url });
    await until('the connection', () => spool.resumes.length === 1);
    const histories = fc.sample(fc.array(act, { minLength: 1, maxLength: 12 }), { numRuns: RUNS, seed: SEED });
    const arrived = (seq: number): Promise<void> =>
      new Promise((resolve) => {
        if ((backend.seqs.at(-1) ?? 0) >= seq) return resolve();
        backend.onFrame = (newest) => void (newest >= seq && resolve());
      });
    let last = 0;
    let foreign = 0;
    let expected = 0;
    for (const history of histories) {
      for (const step of history) {
        const newest = backend.seqs.at(-1) ?? 0;
        if (step.kind === 'frames') for (let i = 0; i < step.count; i++) spool.appendTicks(1);
        else if (step.kind === 'ack') {
          last = Math.max(0, newest - step.back);
          expected = Math.max(expected, last);
          backend.ack(last);
        } else if (step.kind === 'repeat') backend.ack(last);
        else if (step.kind === 'future') backend.ack(spool.lastSeq + step.ahead);
        else {
          foreign++;
          if (step.kind === 'epoch') backend.ack(step.seq, 'another-epoch');
          else backend.ack(step.seq, 'epoch-1', 'another-tenant');
        }
      }
      await arrived(spool.lastSeq);
    }
    await until('the last frames', () => (backend.seqs.at(-1) ?? 0) === spool.lastSeq);
    backend.ack(spool.lastSeq);
    await spool.settled();
    expect(spool.acks).toEqual([...new Set(spool.acks)].toSorted((a, b) => a - b));
    expect(spool.acks.at(-1)).toBe(spool.lastSeq);
    expect(Math.max(...spool.acks)).toBeLessThanOrEqual(spool.lastSeq);
    expect(backend.seqs).toEqual(Array.from({ length: spool.lastSeq }, (_, i) => i + 1));
    expect(running.counter('acksForeign')).toBe(foreign);
    expect(running.counter('acksFuture')).toBeGreaterThan(100);
    expect(running.counter('acksStale')).toBeGreaterThan(100);
    expect(expected).toBeLessThanOrEqual(spool.lastSeq);
    // Told once, not a thousand times.
    expect(running.lines.filter(({ level }) => level === 'warn')).toHaveLength(2);
  });

  it('that get lost are made good by the resume of the next connection', async () => {
    backend = await ScriptedBackend.start();
    const spool = new SimulatedSpool();
    running = new RunningLink({ spool, url: backend.url });
    for (let i = 0; i < 10; i++) spool.appendTicks(1);
    await until('all frames', () => backend.seqs.length === 10);
    backend.lastSeq = 7;
    backend.socket?.terminate();
    await until('what was not taken', () => backend.seqs.length === 13);
    expect(backend.seqs.slice(10)).toEqual([8, 9, 10]);
    expect(spool.resumes).toEqual([0, 7]);
    backend.ack(10);
    await spool.settled();
  });
});
