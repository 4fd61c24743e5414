import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Deployment, USER } from '../system/deployment.ts';
import { compiledEa, demoRecording, eaTitle, scratchDir } from '../system/market.ts';
import { compare } from '../system/oracle.ts';
import { readRecordedTicks } from '../system/recorded-ticks.ts';
import { SmallDisk } from '../system/small-disk.ts';

const DISK_MB = 16;
/** Taken away one after the other: the disk fills up as often, and once more before the first. Each is larger than the reserve that the spool takes first. */
const FILLERS = 4;
const FILLER_BYTES = 2 * 1_048_576;

/** Row 8 of the reliability plan. */
describe.skipIf('missing' in compiledEa)(`a full disk under the host's folder${eaTitle}`, () => {
  let scratch: string;
  let disk: SmallDisk | { missing: string };
  let deployment: Deployment | null = null;

  beforeEach(async () => {
    scratch = await scratchDir('disk');
    disk = await SmallDisk.mount(path.join(scratch, 'disk'), DISK_MB);
  });
  afterEach(async () => {
    await deployment?.end();
    if (disk instanceof SmallDisk) await disk.unmount();
    await rm(scratch, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  });

  it('holds the source, says so, and goes on by itself when there is room: nothing lost, nothing doubled', async ({ skip }) => {
    if ('missing' in disk) skip(disk.missing);
    const hostDir = path.join(scratch, 'disk', 'host');
    const recording = await demoRecording('XAUUSD', scratch, { repeat: 2 });
    const fillers = Array.from({ length: FILLERS }, (_, i) => path.join(scratch, 'disk', `filler-${i}`));
    for (const filler of fillers) await writeFile(filler, Buffer.alloc(FILLER_BYTES, 1));
    deployment = await Deployment.create('disk', { hostDir });
    const { gateway } = deployment;
    const host = deployment.startHost();
    await host.ready();
    await host.statusWhen('the backend to be connected', ({ backend }) => backend.link === 'up');
    await gateway.kill();
    const terminal = await deployment.startTerminal('disk', [recording], Date.now(), { speed: 'full' });
    let acked = false;
    terminal.events.once('acked', () => (acked = true));

    const first = await host.statusWhen('the disk to be full', ({ spool }) => spool.state === 'stalled', 60_000);
    expect(first.spool.reason).toMatch(/^the disk is full: /);
    const line = await host.line('the log to say so', ({ msg }) => /the spool is stalled: the disk is full/.test(msg));
    expect(line.level).toBe('error');
    // What was under way is still taken, into memory; then the source stands.
    let still = await host.status();
    for (let seen = -1; seen !== still.ticks.taken;) {
      seen = still.ticks.taken;
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      still = await host.status();
    }
    expect(still.spool).toMatchObject({ state: 'stalled', lostTicks: 0 });
    expect(still.ticks.taken).toBeLessThan(recording.ticks);
    expect(still.plugins.filter(({ state }) => state !== 'stopped').map(({ id, restarts }) => ({ id, restarts }))).toEqual([
      { id: 'mt5', restarts: 0 },
      { id: 'websocket', restarts: 0 },
    ]);
    expect(acked).toBe(false);

    const resumed: number[] = [];
    let full = still;
    for (const filler of fillers) {
      await rm(filler);
      const freed = performance.now();
      await host.statusWhen('it to go on in the space that was freed', ({ spool }) => spool.durableSeq > full.spool.durableSeq);
      resumed.push(performance.now() - freed);
      full = await host.statusWhen('the disk to be full again', ({ spool }) => spool.state === 'stalled', 60_000);
    }

    await gateway.start();
    await host.statusWhen('the backend to be back', ({ backend }) => backend.link === 'up');
    const back = performance.now();
    await host.statusWhen('it to go on as acks make room', ({ spool }) => spool.durableSeq > full.spool.durableSeq);
    const afterAcks = performance.now() - back;

    const end = await deployment.delivered(recording.ticks, 120_000);
    expect(end.spool).toMatchObject({ state: 'ok', reason: '', lostTicks: 0 });
    expect(end.usage).toMatchObject({ ticks: recording.ticks, dropped: 0 });
    expect(await host.stop()).toBe(0);
    await gateway.stop();
    const recorded = await readRecordedTicks(recording.file);
    deployment.readLedger((ledger) => expect(compare('XAUUSD', recorded, ledger.ticks({ user: USER })).difference).toBeNull());
    console.log(
      `disk full, ${FILLERS + 1} times, ${DISK_MB} MB: held first at ${still.ticks.taken} of ${recording.ticks} ticks; went on at most ${Math.round(Math.max(...resumed))} ms ` +
        `after space was freed, ${Math.round(afterAcks)} ms after the backend was back; 0 lost, 0 doubled`,
    );
  }, 180_000);
});
