import { access, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ManualClock } from '../../../test/doubles.ts';
import { CommandBox } from './commands.ts';
import { HistoryDesk, type HistoryRequest } from './history-desk.ts';
import type { DwxBar } from './files.ts';

const BAR = '{"open": 1.10000, "high": 1.30000, "low": 1.05000, "close": 1.20000, "tick_volume": 10.00000}';
const OPEN = Date.UTC(2026, 0, 5, 12) / 1_000;

let dir = '';
let file = '';
let clock: ManualClock;
let desk: HistoryDesk;
let answers: (number[] | null)[];

beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'tickhub-desk-'));
  file = path.join(dir, 'DWX_Historic_Data.txt');
  clock = new ManualClock();
  desk = new HistoryDesk(dir, new CommandBox(dir, 0), clock);
  answers = [];
});
afterEach(() => rm(dir, { recursive: true, force: true }));

function ask(symbol = 'EURUSD'): HistoryRequest {
  const answer = (bars: readonly DwxBar[] | null): void => void answers.push(bars === null ? null : bars.map(({ time }) => time - OPEN));
  return { symbol, timeframe: 'M1', from: OPEN, to: OPEN + 60, answer };
}

/** The EA's answer, with a bar a minute before what was asked for, and two of it. */
function written(key: string): string {
  return `{"${key}": {"2026.01.05 11:59": ${BAR}, "2026.01.05 12:00": ${BAR}, "2026.01.05 12:01": ${BAR}}}\r\n`;
}

it('asks one question at a time, and takes its answer away', async () => {
  desk.ask(ask());
  desk.ask(ask('GBPUSD'));
  await desk.turn();
  await desk.turn();
  expect(await readdir(dir)).toEqual(['DWX_Commands_0.txt']);
  expect(await readFile(path.join(dir, 'DWX_Commands_0.txt'), 'utf8')).toBe(`<:100000|GET_HISTORIC_DATA|EURUSD,M1,${OPEN},${OPEN + 60}:>`);
  await writeFile(file, written('EURUSD_M1'));
  await desk.turn();
  expect(answers).toEqual([[0, 60]]);
  await expect(access(file)).rejects.toThrow('ENOENT');
  await desk.turn();
  expect(await readdir(dir)).toEqual(['DWX_Commands_0.txt', 'DWX_Commands_1.txt']);
});

it("leaves what answers somebody else's question, and waits for its own, also while it is being written", async () => {
  await writeFile(file, written('EURUSD_M1'));
  desk.ask(ask());
  await desk.turn();
  await desk.turn();
  expect(answers).toEqual([]);
  await writeFile(file, written('USDJPY_H1'));
  await desk.turn();
  expect(await readFile(file, 'utf8')).toContain('USDJPY_H1');
  await writeFile(file, written('EURUSD_M1').slice(0, 80));
  await desk.turn();
  expect(answers).toEqual([]);
  await writeFile(file, written('EURUSD_M1'));
  await desk.turn();
  expect(answers).toEqual([[0, 60]]);
});

it('gives up after a quarter of a minute, and at once when the EA is gone', async () => {
  desk.ask(ask());
  await desk.turn();
  clock.advance(14_999);
  await desk.turn();
  expect(answers).toEqual([]);
  clock.advance(1);
  await desk.turn();
  expect(answers).toEqual([null]);
  desk.ask(ask());
  desk.ask(ask('GBPUSD'));
  await desk.turn();
  desk.forget();
  expect(answers).toEqual([null, null, null]);
});
