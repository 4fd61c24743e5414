import { rm } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { randomFrom } from '../chaos/random.ts';
import { Deployment, USER } from '../system/deployment.ts';
import { compiledEa, demoRecording, eaTitle, scratchDir } from '../system/market.ts';
import { compare } from '../system/oracle.ts';
import { readRecordedTicks } from '../system/recorded-ticks.ts';

const SEED = 4;
type Outage = 'killed' | 'closed with 1001' | 'half-open';
/** Row 4 of the reliability plan: 6 + 3 + 2 instead of 30 of each. */
const OUTAGES: readonly Outage[] = [
  'killed',
  'closed with 1001',
  'killed',
  'half-open',
  'killed',
  'closed with 1001',
  'killed',
  'killed',
  'half-open',
  'closed with 1001',
  'killed',
];

describe.skipIf('missing' in compiledEa)(`a backend that goes away${eaTitle}`, () => {
  let recordings: string;

  beforeAll(async () => {
    recordings = await scratchDir('away-recording');
  });
  let deployment: Deployment;

  beforeEach(async () => {
    deployment = await Deployment.create('away');
  });
  afterEach(() => deployment.end());
  afterAll(() => rm(recordings, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));

  it('is come back to within seconds, from the cursor: nothing lost, nothing doubled, and the host goes on meanwhile', async () => {
    const random = randomFrom(SEED);
    const recording = await demoRecording('XAUUSD', recordings, { limit: 150_000 });
    const { gateway } = deployment;
    const host = deployment.startHost();
    await host.ready();
    await host.statusWhen('the backend to be connected', ({ backend }) => backend.link === 'up');
    const speed = (recording.lastMsc - recording.firstMsc) / 18_000;
    await deployment.startTerminal('away', [recording], Date.now(), { speed });
    await host.statusWhen('ticks to be acknowledged', ({ spool }) => spool.ackedSeq > 0);

    const returned: number[] = [];
    for (const outage of OUTAGES) {
      const before = await host.status();
      const away = 100 + random() * 400;
      if (outage === 'half-open') {
        process.kill(gateway.pid, 'SIGSTOP');
        const down = await host.statusWhen('the silence to be noticed', ({ backend }) => backend.link === 'down');
        expect(down.backend.reason).toMatch(/nothing came from the backend/);
      } else {
        if (outage === 'killed') await gateway.kill();
        else await gateway.stop();
        await host.statusWhen('the end to be noticed', ({ backend }) => backend.link === 'down');
        await new Promise((resolve) => setTimeout(resolve, away));
      }
      const meanwhile = await host.status();
      expect(meanwhile.ticks.taken).toBeGreaterThanOrEqual(before.ticks.taken);
      expect(meanwhile.plugins.find(({ id }) => id === 'mt5')?.restarts).toBe(0);
      if (outage === 'half-open') process.kill(gateway.pid, 'SIGCONT');
      else await gateway.start();
      const healed = performance.now();
      // One that listens again has what it had acknowledged; what came since is behind that.
      await host.statusWhen(
        `the delivery to go on after it was ${outage}`,
        ({ backend, spool }) => backend.link === 'up' && spool.ackedSeq >= meanwhile.spool.lastSeq,
      );
      returned.push(performance.now() - healed);
    }

    await deployment.delivered(recording.ticks);
    const { plugins } = await host.status();
    expect(plugins.map(({ restarts }) => restarts)).toEqual(plugins.map(() => 0));
    expect(await host.stop()).toBe(0);
    await gateway.stop();
    const recorded = await readRecordedTicks(recording.file);
    deployment.readLedger((ledger) => {
      expect(compare('XAUUSD', recorded, ledger.ticks({ user: USER })).difference).toBeNull();
      expect(ledger.usage()).toMatchObject([{ user: USER, ticks: recording.ticks, lostFrames: 0, conflicts: 0 }]);
    });
    returned.sort((a, b) => a - b);
    const of = (outage: Outage): number => OUTAGES.filter((one) => one === outage).length;
    console.log(
      `backend away, seed ${SEED}: killed ${of('killed')}, closed with 1001 ${of('closed with 1001')}, half-open ${of('half-open')} (of 30 each); caught up after the heal: ` +
        `median ${Math.round(returned[returned.length >> 1] ?? 0)} ms, longest ${Math.round(returned.at(-1) ?? 0)} ms; ${recording.ticks} ticks, 0 lost, 0 doubled`,
    );
  }, 240_000);
});
