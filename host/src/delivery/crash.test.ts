/**
 * Row 2 of the reliability tests, for the spool alone: a process is killed at random moments, inside commits among them. Nothing that it reported durable
 * is lost, nothing is doubled, usage equals what is there.
 */
import nodePath from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asideIn, runAndKill, verify } from './crash.fixture.ts';
import { printLine, temporaryFolder } from './frames.fixture.ts';
import { inspectSpool } from './inspect.ts';

const KILLS = 50;

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => folder.remove());

describe('killed', () => {
  it(`${KILLS} times in the middle of its work, it loses nothing that it had reported durable`, { timeout: 180_000 }, async () => {
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
