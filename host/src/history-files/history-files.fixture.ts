/** For tests: a history of its own, and files made of recorded ticks in the form of MetaTrader 5's exports. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { DataFile, mt5TickDialect, ServerTime, TickWriter } from '@tickhub/plugin-sdk/files';
import type { FileDialect, ServerTimeRule } from '@tickhub/plugin-sdk/files';
import { HistoryThread } from '../history/history-thread.ts';

const root = path.resolve(import.meta.dirname, '..', '..', '..');
const BID = 2;
const ASK = 4;

/** The recording of the largest number of real ticks that is there: the project's shared data, else what ships with the mt5 plugin. */
export function recordedTicks(): { readonly file: string; readonly digits: number } {
  const shared = path.join(root, '..', 'shared', 'data', 'ticks', 'EURUSD.fxcm.ticks.csv.zst');
  const elsewhere = path.join(root, '..', '..', 'shared', 'data', 'ticks', 'EURUSD.fxcm.ticks.csv.zst');
  for (const file of [shared, elsewhere]) if (existsSync(file)) return { file, digits: 5 };
  return { file: path.join(root, 'plugins', 'mt5', 'demo', 'XAUUSD.csv.zst'), digits: 3 };
}

export interface MadeExport {
  readonly file: string;
  readonly ticks: number;
  /** One-sided rows among them. */
  readonly oneSided: number;
}

/**
 * Writes recorded ticks as MetaTrader 5 exports them: by the server's clock, a price that did not change left empty, its flag not set.
 * @param atLeast ticks; a shorter recording is played again, whole weeks later.
 */
export async function makeExport(
  file: string,
  {
    atLeast,
    serverTime,
    dialect = {},
  }: { readonly atLeast: number; readonly serverTime: ServerTimeRule; readonly dialect?: Partial<FileDialect> },
): Promise<MadeExport> {
  const recorded = recordedTicks();
  const clock = new ServerTime(serverTime);
  const writer = new TickWriter({ ...mt5TickDialect(recorded.digits), ...dialect });
  const out = createWriteStream(file);
  out.write(writer.header());
  let [ticks, oneSided] = [0, 0];
  for (let week = 0; ticks < atLeast; week += 3) {
    const source = await DataFile.open(recorded.file);
    const blocks = source.ticks(() => undefined);
    let [bid, ask] = [NaN, NaN];
    for (let block = await blocks.next(); block !== null && ticks < atLeast; block = await blocks.next()) {
      const n = Math.min(block.count, atLeast - ticks);
      for (let i = 0; i < n; i++) {
        block.time[i] = clock.toWall((block.time[i] as number) + week * 7 * 86_400_000);
        const changed = (block.bid[i] === bid ? 0 : BID) | (block.ask[i] === ask ? 0 : ASK);
        bid = block.bid[i] as number;
        ask = block.ask[i] as number;
        block.flags[i] = changed === 0 ? BID | ASK : changed;
        if (changed === BID || changed === ASK) oneSided++;
      }
      ticks += n;
      if (!out.write(Buffer.from(writer.write(block, 0, n)))) await once(out, 'drain');
    }
    source.close();
  }
  out.end();
  await once(out, 'close');
  return { file, ticks, oneSided };
}

export interface Scratch extends AsyncDisposable {
  readonly dir: string;
  readonly history: HistoryThread;
}

/** A folder with an empty history in it; gone with the test. */
export async function scratch(): Promise<Scratch> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'tickhub-history-files-'));
  const history = await HistoryThread.open(path.join(dir, 'history.db'), {
    onTaken: () => undefined,
    onTrouble: () => undefined,
    onFailure: () => undefined,
  });
  return {
    dir,
    history,
    async [Symbol.asyncDispose]() {
      await history.close();
      await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    },
  };
}
