import nodePath from 'node:path';
import { DeliveredBatch } from '@tickhub/plugin-sdk/host';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder, tickBody, tickCount, ticksUpTo } from './frames.fixture.ts';
import { openSpool } from './open-spool.ts';
import type { Spool } from './spool.ts';
import { UsageReporter } from './usage-reporter.ts';
import type { UsageEvent } from './usage-reporter.ts';

let folder: ReturnType<typeof temporaryFolder>;
let at: number;
let tasks: (() => void | Promise<void>)[];
let spool: Spool;

const clock = {
  now: (): number => at,
  every: (_ms: number, task: () => void | Promise<void>): (() => void) => {
    tasks.push(task);
    return () => void tasks.splice(tasks.indexOf(task), 1);
  },
};
const open = (): Promise<Spool> => openSpool({ path: nodePath.join(folder.path, 'spool.db'), budgetBytes: 1e8, clock });
const reporterOf = (of: Spool): UsageReporter =>
  new UsageReporter({
    spool: of,
    tenant: 'tenant-1',
    clock,
    onError: (error) => {
      throw error;
    },
  });

beforeEach(async () => {
  folder = temporaryFolder();
  at = 1_790_000_040_000;
  tasks = [];
  spool = await open();
});
afterEach(async () => {
  await spool.close().catch(() => undefined);
  folder.remove();
});

function append(frames: number): void {
  for (let i = 0; i < frames; i++) {
    const seq = spool.lastSeq + 1;
    spool.appendTicks(tickBody(seq), tickCount(seq));
  }
}

async function reported(): Promise<{ seq: number; event: UsageEvent }[]> {
  await spool.usage();
  const frames = await spool.read(spool.ackedSeq + 1, 1e8);
  return frames
    .filter(({ stream }) => stream === 'usage')
    .flatMap(({ body }) => DeliveredBatch.parse(JSON.parse(Buffer.from(body).toString())).records)
    .map(({ seq, body }) => ({ seq, event: body as unknown as UsageEvent }));
}

describe('UsageReporter', () => {
  it('reports a minute when it is over, as a CloudEvent, and not again', async () => {
    const minute = Math.floor(at / 60_000);
    const reporter = reporterOf(spool);
    append(3);
    expect(await reporter.report()).toBe(0);
    at += 60_000;
    expect(await reporter.report()).toBe(1);
    expect(await reporter.report()).toBe(0);
    expect(await reported()).toEqual([
      {
        seq: 1,
        event: {
          specversion: '1.0',
          id: `tenant-1/ticks/${minute}`,
          source: 'tickhub/host',
          type: 'tickhub.usage.minute',
          subject: 'tenant-1',
          time: new Date(minute * 60_000).toISOString(),
          datacontenttype: 'application/json',
          data: { stream: 'ticks', minute, counted: ticksUpTo(3), dropped: 0 },
        },
      },
    ]);
  });

  it('gives each stream and minute its own record, numbered on over restarts', async () => {
    append(2);
    spool.appendRecords('news', 'feed', new Uint8Array(1), 5, 5);
    at += 60_000;
    append(1);
    await reporterOf(spool).report();
    const last = tickCount(4);
    await spool.close();
    at += 60_000;
    spool = await open();
    await reporterOf(spool).report();
    const all = await reported();
    expect(all.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(all.map(({ event }) => [event.data.stream, event.data.counted])).toEqual([
      ['news', 5],
      ['ticks', ticksUpTo(2)],
      ['ticks', last],
    ]);
    expect(new Set(all.map(({ event }) => event.id)).size).toBe(3);
  });

  it('looks once a minute by itself, until it is stopped', async () => {
    const reporter = reporterOf(spool);
    reporter.start();
    append(1);
    await tasks[0]?.();
    at += 60_000;
    await tasks[0]?.();
    await tasks[0]?.();
    expect(await reported()).toHaveLength(1);
    await reporter.stop();
    expect(tasks).toEqual([]);
  });

  it('does not report twice when asked twice at once', async () => {
    append(1);
    at += 60_000;
    const reporter = reporterOf(spool);
    expect(await Promise.all([reporter.report(), reporter.report()])).toEqual([1, 1]);
    expect(await reported()).toHaveLength(1);
  });
});
