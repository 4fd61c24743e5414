/**
 * Row 3 of the reliability tests: the k-th sync or write of the disk fails, or the process is killed right there. It starts all the same, goes on, and
 * nothing that was reported durable is lost.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import nodePath from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asideIn, listen, runAndKill, verify, WRITER } from './crash.fixture.ts';
import type { Told } from './crash.fixture.ts';
import { printLine, temporaryFolder } from './frames.fixture.ts';

/** The k-th call fails, once: making the spool takes about the first 15 syncs and 120 writes, 60 frames the rest. */
const FAILING_SYNCS = [1, 8, 14, 17, 19, 22, 27, 36];
const FAILING_WRITES = FAILING_SYNCS.map((k) => 8 * k);
let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => folder.remove());

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
