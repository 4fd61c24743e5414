/** The past through a whole host: the same every time, at every speed, with models attached, and apart from the user's own data. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../../scripts/node-runtime.mjs';
import { tickhub, tickhubHere } from '../system/cli.ts';
import { HostProcess, NO_DELIVERY, NO_TERMINAL } from '../system/host-process.ts';
import { scratchDir } from '../system/market.ts';

const DEMO = ['EURUSD', 'XAUUSD'].map((symbol) => path.join(root, 'plugins', 'mt5', 'demo', `${symbol}.csv.zst`));
const MORNING = ['--from', '2014-05-01', '--to', '2014-05-01T06:00'];
const QUARTER = ['--from', '2014-05-01T00:00', '--to', '2014-05-01T00:15'];
/** Three bars of the recorded morning, as MetaTrader exports them, by a clock two hours ahead. */
const BARS = `<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>
2014.05.01\t02:00:00\t1.38683\t1.38691\t1.38671\t1.38680\t41\t0\t9
2014.05.01\t02:05:00\t1.38680\t1.38690\t1.38675\t1.38681\t32\t0\t9
2014.05.01\t02:20:00\t1.38681\t1.38690\t1.38675\t1.38683\t37\t0\t9
`;

interface Line {
  readonly stream: string;
  readonly source: string;
  readonly symbol?: string;
  readonly time: number;
  readonly receivedAt?: number;
  readonly bid: number;
  readonly ask: number;
}

interface Summary {
  readonly ticks: number;
  readonly bars: number;
  readonly records: number;
  readonly derived: number;
  readonly sha256: string;
  readonly heldBack: readonly string[];
  readonly notRunning: readonly string[];
}

let dir: string;
let data: string;
/** A quarter of an hour of all that there is. */
let quarter: Summary;

/** Without the transport, whose start is a third of such a replay; {@link replayWhole} has it, and gives the same. */
const replay = (...args: string[]): Promise<Summary> => replayWhole('--set', NO_DELIVERY, ...args);

async function replayWhole(...args: string[]): Promise<Summary> {
  const { code, err } = await tickhub(['replay', '--data', data, '--json', '--set', 'disabled=["models"]', ...args]);
  expect(code, err).toBe(0);
  return JSON.parse(err.trim().split('\n').at(-1) ?? '') as Summary;
}

beforeAll(async () => {
  dir = await scratchDir('replay');
  data = path.join(dir, 'data');
  const bars = path.join(dir, 'EURUSD_M5_201405010000_201405012359.csv');
  await writeFile(bars, BARS);
  for (const files of [DEMO, [bars, '--offset', '+02:00']]) {
    const { code, out, err } = await tickhubHere(['history', 'import', ...files, '--source', 'demo', '--data', data]);
    expect(code, out + err).toBe(0);
  }
  quarter = await replay('--history', ...QUARTER);
}, 120_000);
afterAll(() => rm(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));

describe('a replay', { timeout: 180_000 }, () => {
  it('of a recorded morning gives the same output twice, at two speeds, and it is what was recorded', async () => {
    const out = path.join(dir, 'out.jsonl');
    const first = await replay('--history', 'EURUSD', ...MORNING, '--out', out);
    const second = await replay('--history', 'EURUSD', ...MORNING, '--speed', '20000');
    expect(second).toEqual(first);
    expect(first).toMatchObject({ records: 3, derived: 0, heldBack: [] });
    expect(first.bars).toBeGreaterThan(250);
    const text = await readFile(out, 'utf8');
    expect(createHash('sha256').update(text).digest('hex')).toBe(first.sha256);
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
    const ticks = lines.filter(({ stream }) => stream === 'ticks');
    const { out: csv } = await tickhub(['history', 'export', 'EURUSD', '--csv', ...MORNING, '--data', data]);
    const recorded = csv.trim().split('\n').slice(1);
    expect(ticks.map(({ time, bid, ask }) => `${time},${bid.toFixed(5)},${ask.toFixed(5)}`)).toEqual(
      recorded.map((row) => row.split(',').slice(0, 3).join(',')),
    );
    expect(new Set(lines.map(({ source }) => source))).toEqual(new Set(['replay:demo']));
    // The other symbol has none of it.
    expect(new Set(ticks.map(({ symbol }) => symbol))).toEqual(new Set(['EURUSD']));
    // Received when it was recorded, not now.
    for (const { time, receivedAt = time } of lines) expect(Math.abs(time - receivedAt)).toBeLessThan(600_000);
  });

  it('with models of the user’s, of ticks and of bars, gives the same analysis at every speed', async () => {
    const models = ['replay-models', 'analysts'].flatMap((name) => ['--plugins', path.join(root, 'test', 'fixtures', name)]);
    const first = await replay('--history', ...QUARTER, ...models);
    const second = await replay('--history', ...QUARTER, ...models, '--speed', '1000');
    expect(first.notRunning).toEqual([]);
    // 915 ticks lie in hundreds of seconds, each a bar.
    expect(first.derived).toBeGreaterThan(200);
    expect(second).toEqual(first);
    expect(first.sha256).not.toBe(quarter.sha256);
  });

  it('of files gives what the same ticks in history give', async () => {
    const files = ['EURUSD', 'XAUUSD'].map((symbol) => path.join(dir, `${symbol}_201405010000_201405010015.csv`));
    for (const [i, symbol] of ['EURUSD', 'XAUUSD'].entries()) {
      const out = files[i] ?? '';
      expect(
        (await tickhub(['history', 'export', symbol, '--mt5', '--zone', 'EET-EU', ...QUARTER, '--out', out, '--data', data])).code,
      ).toBe(0);
    }
    const fromFiles = await replay(...files, '--zone', 'EET-EU', '--source', 'demo');
    expect(fromFiles.ticks).toBe(quarter.ticks);
    // The broker's clock is in the ticks, but what comes out is in UTC.
    const ofTicks = await replay('--history', ...QUARTER, '--stream', 'news');
    expect(fromFiles).toEqual(ofTicks);
    // Without the bars and their records, which were not asked for.
    expect(ofTicks).toMatchObject({ records: 0, heldBack: [] });
    expect(quarter.records).toBe(2);
  });

  it('beside a running host asks that for its history, and leaves everything of its own alone', async () => {
    const host = HostProcess.start({ dataDir: data, set: [NO_TERMINAL, 'embeddedBackend.tier=enterprise'] });
    try {
      await host.ready(60_000);
      expect(await replayWhole('--history', ...QUARTER)).toEqual(quarter);
      const { usage, symbols } = await host.status();
      expect(usage).toMatchObject({ ticks: 0, records: 0 });
      expect(symbols).toEqual([]);
    } finally {
      await host.stop();
    }
    expect((await readdir(path.join(data, 'tenants'))).sort()).toEqual(['local']);
  });

  it('says what it cannot do', async () => {
    const said = async (...args: string[]): Promise<string> => {
      const { code, err } = await tickhub(['replay', ...args, '--data', path.join(dir, 'nothing')]);
      expect(code).toBeGreaterThan(0);
      return err;
    };
    expect(await said()).toContain('Name the files');
    expect(await said('--history', '--speed', 'fast')).toContain('--speed');
    expect(await said('--history')).toContain('no history yet');
  });
});
