import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { storm, VICTIMS } from '../chaos/storm.ts';
import { compiledEa, demoRecording, eaTitle, scratchDir } from '../system/market.ts';

const SEED = 20_261;
const KILLS = 10;
const LASTS_MS = 20_000;

/** Row 2 of the reliability plan at a fifth of its kills and a seventh of its ticks; `npm run test:chaos` is the whole of it. */
describe.skipIf('missing' in compiledEa)(`a storm of kills -9${eaTitle}`, () => {
  let dir: string;

  beforeAll(async () => {
    dir = await scratchDir('storm-recording');
  });
  afterAll(() => rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));

  it('leaves the ledger equal to the input, exactly once, and the usage with it', async () => {
    const recordings = [await demoRecording('EURUSD', dir, { limit: 30_000 }), await demoRecording('XAUUSD', dir, { limit: 120_000 })];
    const spanMs = Math.max(...recordings.map(({ firstMsc, lastMsc }) => lastMsc - firstMsc));
    const report = await storm({
      recordings,
      seed: SEED,
      kills: KILLS,
      speed: spanMs / LASTS_MS,
      lastsMs: LASTS_MS,
      say: () => undefined,
    });
    const each = VICTIMS.map((victim) => `${victim} ${report.kills[victim]}`).join(', ');
    console.log(
      `storm, seed ${SEED}: ${report.ticks} ticks (${report.sameMillisecond} in the millisecond of the one before), kills -9: ${each}, ` +
        `${report.killsInFlow} of them in full flow; 0 lost, 0 doubled, usage ${report.usage}; ${report.seconds.toFixed(0)} s`,
    );
    expect(report.differences).toEqual([]);
    expect(report.ticks).toBe(150_000);
    expect(report.sameMillisecond).toBeGreaterThan(1_000);
    expect(report.usage).toBe(report.ticks);
    expect(VICTIMS.map((victim) => report.kills[victim])).toEqual(VICTIMS.map(() => KILLS / VICTIMS.length));
  }, 240_000);
});
