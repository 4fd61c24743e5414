/** Row 2 of the reliability tests, for the history: a process is killed at random moments, while the spool keeps nothing but what the history has not got. */
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { printLine, SYMBOLS } from '../delivery/frames.fixture.ts';
import { expectFrames } from './frames-in-history.fixture.ts';
import { openHistory, scratchDir } from './history.fixture.ts';

const WRITER = fileURLToPath(new URL('./history-writer.fixture.ts', import.meta.url));
const KILLS = 12;

let dir: string;
beforeEach(() => (dir = scratchDir()));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Kills the writer some time after its history has first moved on. @returns how far the history said that it was. */
async function runAndKill(afterMs: number): Promise<number> {
  const child = spawn(process.execPath, [WRITER, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  let taken = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const [word, seq] = line.split(' ');
    if (word !== 'taken') continue;
    if (taken === 0) setTimeout(() => child.kill('SIGKILL'), afterMs);
    taken = Number(seq);
  }
  return taken;
}

describe('killed', () => {
  it(`${KILLS} times in the middle of its work, it has every durable tick and record once`, { timeout: 240_000 }, async () => {
    let taken = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const now = await runAndKill(Math.random() * 400);
      expect(now).toBeGreaterThan(taken);
      taken = now;
    }
    const history = await openHistory(dir, SYMBOLS);
    const { lastSeq, ackedSeq } = history.spool;
    expect(lastSeq).toBeGreaterThanOrEqual(taken);
    // The spool was trimmed as far as the history was, and no further.
    expect(ackedSeq).toBeGreaterThan(0);
    await history.settled();
    const ticks = await expectFrames(history.thread, lastSeq);
    expect([history.troubles, (await history.thread.info()).gaps]).toEqual([[], []]);
    await history.close();
    printLine(`history, row 2: ${KILLS} kills, ${lastSeq} frames, ${ticks} ticks, 0 lost, 0 doubled`);
  });
});
