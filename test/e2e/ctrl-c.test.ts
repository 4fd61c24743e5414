import path from 'node:path';
import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLedger } from '../../plugins/websocket/src/gateway/ledger.ts';
import { startEa } from '../counterparts/ea/index.ts';
import type { EaHandle } from '../counterparts/ea/index.ts';
import { freePort } from '../system/free-port.ts';
import { HostProcess } from '../system/host-process.ts';
import { compiledEa, demoRecording, eaBinary, eaTitle, scratchDir } from '../system/market.ts';
import { compare } from '../system/oracle.ts';
import { readRecordedTicks } from '../system/recorded-ticks.ts';

/** A host as `npm start` has it, with its embedded gateway, in a process group of its own as in a terminal. */
describe.skipIf('missing' in compiledEa)(`Ctrl-C, which a terminal sends to the host and to all its children${eaTitle}`, () => {
  let dir: string;
  let port: number;
  let host: HostProcess | null = null;
  let ea: EaHandle | null = null;

  beforeEach(async () => {
    dir = await scratchDir('ctrl-c');
    port = await freePort();
  });

  afterEach(async () => {
    await ea?.kill();
    host?.kill();
    await host?.exited;
    await rm(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  });

  function start(): HostProcess {
    host = HostProcess.start({
      dataDir: path.join(dir, 'host'),
      set: [`plugins.mt5.port=${port}`, 'plugins.mt5.maxBackfillMs=all'],
      ownGroup: true,
    });
    return host;
  }

  it('drains: everything taken is acknowledged, the host says so and ends with 0, and the next start goes on', async () => {
    const recording = await demoRecording('XAUUSD', dir, { limit: 60_000 });
    const lastsMs = 8_000;
    const first = start();
    await first.ready();
    const { token } = await first.link();
    ea = startEa({
      binary: eaBinary(),
      port,
      token,
      eaId: 'one',
      symbols: [{ name: recording.symbol, digits: recording.digits, file: recording.file, bookDepth: 1 }],
      marketStart: Date.now(),
      speed: (recording.lastMsc - recording.firstMsc) / lastsMs,
    });
    await first.statusWhen('full flow', ({ usage }) => usage.ticks > 10_000);

    expect(await first.pressCtrlC()).toBe(0);
    const end = await first.line('its last words', ({ msg }) => /ticks taken; /.test(msg));
    expect(end.msg).toMatch(/^[\d,]+ ticks taken; all acknowledged; stopped in /);
    const taken = Number(end['ticks']);
    expect(taken).toBeGreaterThan(10_000);
    const complaints = first.lines.filter(({ level }) => level === 'error' || level === 'warn').map(({ msg }) => msg);
    expect(complaints.filter((msg) => !/gateway ended|stopp|connect|gone/.test(msg))).toEqual([]);
    expect(first.lines.some(({ msg }) => /embedded gateway ended/.test(msg))).toBe(false);
    expect(ledgerTicks()).toHaveLength(taken);

    const second = start();
    await second.statusWhen(
      'the rest to be acknowledged',
      ({ usage, spool }) => usage.ticks >= recording.ticks && spool.ackedSeq === spool.lastSeq,
      60_000,
    );
    expect(await second.pressCtrlC()).toBe(0);
    expect(compare(recording.symbol, await readRecordedTicks(recording.file), ledgerTicks()).difference).toBeNull();
    console.log(`Ctrl-C in full flow: ${end.msg}; the second start brought the other ${recording.ticks - taken}, 0 lost, 0 doubled`);
  }, 120_000);

  function ledgerTicks(): { time: number; ordinal: number; bid: number; ask: number }[] {
    const ledger = openLedger(path.join(dir, 'host', 'gateway'));
    try {
      return [...ledger.ticks({ user: 'local' })];
    } finally {
      ledger.close();
    }
  }
});
