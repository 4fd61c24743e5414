/** For tests that kill the writer, or its disk calls: runs it, and checks what it left behind. */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import nodePath from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { SYMBOLS, tickBody, tickCount } from './frames.fixture.ts';
import { openStore } from './store/open-store.ts';

export const WRITER = fileURLToPath(new URL('./durable-writer.fixture.ts', import.meta.url));

export interface Told {
  durable: number;
  opened: { lastSeq: number; ackedSeq: number; epoch: string } | null;
  lines: string[];
}

export function listen(told: Told, output: NodeJS.ReadableStream, onLine: (line: string) => void = () => undefined): void {
  let rest = '';
  output.setEncoding('utf8');
  output.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      told.lines.push(line);
      const [word, first, second, third] = line.split(' ');
      if (word === 'durable') told.durable = Number(first);
      if (word === 'opened') told.opened = { lastSeq: Number(first), ackedSeq: Number(second), epoch: String(third) };
      onLine(line);
    }
  });
}

/** Runs the writer, kills it `afterMs` after its first durable frame. */
export function runAndKill(path: string, afterMs: number): Promise<Told> {
  const told: Told = { durable: 0, opened: null, lines: [] };
  const child = spawn(process.execPath, [WRITER, path, '1000000'], { stdio: ['pipe', 'pipe', 'inherit'] });
  let armed = false;
  listen(told, child.stdout, (line) => {
    if (armed || !line.startsWith('durable')) return;
    armed = true;
    setTimeout(() => child.kill('SIGKILL'), afterMs);
  });
  return new Promise((resolve) => child.on('close', () => resolve(told)));
}

/** What is on disk is what was appended, each frame once, and the ledger says so. */
export function verify(path: string, told: Told): { lastSeq: number; ackedSeq: number } {
  const store = openStore({ path, budgetBytes: 1e9, shieldBytes: 1e6, shieldFrames: 1_000 }, () => performance.now());
  try {
    const { meta } = store.state;
    expect(meta.lastSeq).toBeGreaterThanOrEqual(told.durable);
    expect(meta.acked).toBeLessThanOrEqual(meta.lastSeq);
    let seq = meta.acked;
    const ends = new Map<number, unknown>();
    let queued = 0;
    for (const { fields, body } of store.walk(0)) {
      expect(fields.seq).toBe(++seq);
      if (fields.stream === 'ticks') {
        expect(Buffer.compare(body, tickBody(seq))).toBe(0);
        expect(fields.count).toBe(tickCount(seq));
        queued += fields.count;
        const last = fields.count - 1;
        ends.set(1 + (seq % 3), { time: seq * 1_000 + (last >> 1), same: (last & 1) + 1 });
      } else {
        expect(fields.stream).toBe('usage');
      }
    }
    expect(seq).toBe(meta.lastSeq);
    if (meta.trimmed === meta.acked) expect(meta.queuedTicks).toBe(queued);
    // Usage is exactly the ticks that ever went in, whatever was trimmed since.
    const counted = store.state.usage().reduce((sum, row) => sum + row.counted, 0);
    expect(counted).toBe(meta.ticks);
    for (const cursor of store.state.cursors()) {
      const end = ends.get(cursor.symbolId);
      if (end !== undefined) expect({ time: cursor.time, same: cursor.same }).toEqual(end);
    }
    expect(store.state.symbols()).toEqual(SYMBOLS);
    return { lastSeq: meta.lastSeq, ackedSeq: meta.acked };
  } finally {
    store.database.close();
  }
}

export const asideIn = (path: string): string[] => readdirSync(nodePath.dirname(path)).filter((file) => file.includes('damaged'));
