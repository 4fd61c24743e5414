import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GateMemory } from './gate-memory.ts';
import { memoryLog, scratchDir } from './tenant.fixture.ts';

let dir: string;
const gate = { announced: [] as string[] };
const file = (): string => path.join(dir, 'symbols.json');

beforeEach(async () => {
  dir = await scratchDir();
  gate.announced = [];
});
afterEach(() => void vi.useRealTimers());

describe('GateMemory', () => {
  it('gives the next start the order of the last, quietly where there was none', async () => {
    const log = memoryLog();
    const memory = await GateMemory.open(dir, log);
    expect(memory.announced).toEqual([]);
    gate.announced = ['EURUSD', 'XAUUSD'];
    await memory.close(gate);
    expect((await GateMemory.open(dir, log)).announced).toEqual(['EURUSD', 'XAUUSD']);
    expect(log.lines).toEqual([]);
  });

  it.each(['', '{"announced":1}', '{"announced":[],"more":1}'])(
    'begins anew, and says what follows, where the file is damaged: %s',
    async (text) => {
      await writeFile(file(), text);
      const log = memoryLog();
      expect((await GateMemory.open(dir, log)).announced).toEqual([]);
      expect(log.lines).toMatchObject([{ level: 'warn', message: expect.stringMatching(/symbols\.json .*symbols\.prefer/) }]);
    },
  );

  it('writes a burst of news once, a moment later, and nothing when there is none', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const memory = await GateMemory.open(dir, memoryLog());
    memory.note(gate);
    vi.advanceTimersByTime(1_000);
    for (const symbol of ['A', 'B', 'C']) {
      gate.announced.push(symbol);
      memory.note(gate);
    }
    await expect(readFile(file())).rejects.toThrow('ENOENT');
    vi.advanceTimersByTime(200);
    await memory.close(gate);
    expect(JSON.parse(await readFile(file(), 'utf8'))).toEqual({ announced: ['A', 'B', 'C'] });
  });

  it('tries again what could not be written, and says so', async () => {
    const log = memoryLog();
    const memory = await GateMemory.open(dir, log);
    await mkdir(file());
    gate.announced = ['A'];
    await memory.close(gate);
    expect(log.lines).toMatchObject([{ level: 'warn', message: expect.stringMatching(/could not be kept/) }]);
    await rm(file(), { recursive: true });
    await memory.close(gate);
    expect(JSON.parse(await readFile(file(), 'utf8'))).toEqual({ announced: ['A'] });
  });
});
