/**
 * Rows 2 and 3 of the reliability tests, for the spool alone: a process is killed at random moments, inside commits among them, or its disk calls fail.
 * Nothing that it reported durable is lost, nothing is doubled, usage equals what is there.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import nodePath from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { printLine, SYMBOLS, temporaryFolder, tickBody, tickCount } from './frames.fixture.ts';
import { inspectSpool } from './inspect.ts';
import { openStore } from './store/open-store.ts';

const KILLS = 50;
/** The k-th call fails, once: making the spool takes about the first 15 syncs and 120 writes, 60 frames the rest. */
const FAILING_SYNCS = [1, 8, 14, 17, 19, 22, 27, 36];
const FAILING_WRITES = FAILING_SYNCS.map((k) => 8 * k);
const WRITER = fileURLToPath(new URL('./durable-writer.fixture.ts', import.meta.url));

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => folder.remove());

interface Told {
  durable: number;
  opened: { lastSeq: number; ackedSeq: number; epoch: string } | null;
  lines: string[];
}

function listen(told: Told, output: NodeJS.ReadableStream, onLine: (line: string) => void = () => undefined): void {
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
function runAndKill(path: string, afterMs: number): Promise<Told> {
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
function verify(path: string, told: Told): { lastSeq: number; ackedSeq: number } {
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

const asideIn = (path: string): string[] => readdirSync(nodePath.dirname(path)).filter((file) => file.includes('damaged'));

describe('killed', () => {
  it(`${KILLS} times in the middle of its work, it loses nothing that it had reported durable`, { timeout: 60_000 }, async () => {
    // Two spools side by side, for two cores.
    const [one, other] = await Promise.all([killAgainAndAgain('one', KILLS / 2), killAgainAndAgain('other', KILLS / 2)]);
    printLine(
      `row 2: ${KILLS} kills, ${one.frames + other.frames} frames, 0 lost, 0 doubled; ${one.behind + other.behind} were on disk and not yet reported`,
    );
  });

  async function killAgainAndAgain(name: string, kills: number): Promise<{ frames: number; behind: number }> {
    const path = nodePath.join(folder.path, name, 'spool.db');
    let before = { lastSeq: 0, ackedSeq: 0 };
    let epoch = '';
    let behind = 0;
    for (let kill = 0; kill < kills; kill++) {
      const told = await runAndKill(path, Math.random() * 60);
      expect(told.opened).not.toBeNull();
      expect(told.opened).toMatchObject(before);
      if (kill > 0) expect(told.opened?.epoch).toBe(epoch);
      epoch = told.opened?.epoch ?? '';
      const summary = inspectSpool(path);
      expect(summary).toMatchObject({ isSound: true, missing: [] });
      before = verify(path, told);
      expect(summary).toMatchObject(before);
      behind += before.lastSeq - told.durable;
    }
    expect(asideIn(path)).toEqual([]);
    expect(before.lastSeq).toBeGreaterThan(kills);
    return { frames: before.lastSeq, behind };
  }
});

const strace = '/usr/bin/strace';
function canInject(): boolean {
  if (!existsSync(strace)) return false;
  return spawnSync(strace, ['-f', '--seccomp-bpf', '-e', 'inject=fdatasync:error=EIO:when=1', 'true'], { stdio: 'ignore' }).status === 0;
}
const injects = canInject();
if (!injects) printLine('row 3: skipped, strace is not there or may not trace here');

describe.skipIf(!injects)('when the disk refuses a call', () => {
  const syncs = 'fsync,fdatasync';
  const writes = 'pwrite64';

  it.each([
    [syncs, 'error=EIO', FAILING_SYNCS],
    [writes, 'error=ENOSPC', FAILING_WRITES],
    [writes, 'error=EIO', FAILING_WRITES],
    [syncs, 'signal=SIGKILL', FAILING_SYNCS],
    [writes, 'signal=SIGKILL', FAILING_WRITES],
  ])('%s: %s, it starts, goes on, and loses nothing', { timeout: 60_000 }, async (call, fault, calls) => {
    const runs = calls.map((k) => async (): Promise<string> => {
      const path = nodePath.join(folder.path, `${k}`, 'spool.db');
      const told: Told = { durable: 0, opened: null, lines: [] };
      // strace 6.1 does not inject signals with its faster filter.
      const filter = fault.startsWith('error') ? ['--seccomp-bpf'] : [];
      const injected = ['-f', ...filter, '-o', '/dev/null', '-e', `trace=${call}`, '-e', `inject=${call}:${fault}:when=${k}`];
      const child = spawn(strace, [...injected, process.execPath, WRITER, path, '1000000', '60'], { stdio: ['pipe', 'pipe', 'inherit'] });
      listen(told, child.stdout);
      const status = await new Promise((resolve) => child.on('close', resolve));
      if (fault.startsWith('error')) {
        expect(status, `k = ${k}: ${told.lines.join(', ')}`).toBe(0);
        expect(told.durable, `k = ${k}`).toBeGreaterThanOrEqual(60);
      }
      // Killed before there was a spool: the next start makes it.
      if (told.durable === 0) {
        const retry = await runAndKill(path, 5);
        verify(path, retry);
        return 'new';
      }
      verify(path, told);
      expect(asideIn(path)).toEqual([]);
      if (status !== 0) return 'killed';
      return told.lines.includes('health stalled') ? 'stalled' : 'through';
    });
    const outcomes: string[] = [];
    // Two at a time: the machine has two cores.
    const workers = [0, 1].map(async () => {
      for (let run = runs.shift(); run !== undefined; run = runs.shift()) outcomes.push(await run());
    });
    await Promise.all(workers);
    const count = (outcome: string): number => outcomes.filter((one) => one === outcome).length;
    printLine(
      `row 3: ${call} ${fault}, k = ${calls.join(' ')}: ${count('through')} went through, ${count('stalled')} stalled and recovered, ${count('killed')} were killed, ${count('new')} more before there was a spool`,
    );
    // The fault did happen: without it this test says nothing.
    expect(count('stalled') + count('killed') + count('new')).toBeGreaterThan(3);
  });
});
