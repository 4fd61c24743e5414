import path from 'node:path';
import type { SourceState } from '@tickhub/plugin-sdk';

/** What was found out about a DWX server. */
export interface DwxFacts {
  /** The terminal's `MQL5/Files`, and the `DWX` in it. */
  readonly files: string;
  readonly folder: string;
  readonly filesThere: boolean;
  readonly folderThere: boolean;
  /** One of the files that only a running EA has. */
  readonly eaFilesThere: boolean;
  /** The EA has changed a file a moment ago. */
  readonly alive: boolean;
  /** It was not looked at for long enough to know {@link alive}. */
  readonly early: boolean;
  /** Why the prices cannot be read, once that lasts. */
  readonly fault: { readonly state: SourceState; readonly why: string } | null;
  /** Symbols with prices in the file. */
  readonly symbols: number;
  /** The config names symbols to ask for. */
  readonly asks: boolean;
}

/** The state of a DWX source, and what a person can do about it: the first thing that is wrong, from the outside in. */
export function judge(facts: DwxFacts): { state: SourceState; why: string } {
  const { files, folder } = facts;
  if (!facts.eaFilesThere) {
    if (!facts.filesThere) {
      const where = `MQL5${path.sep}Files`;
      return {
        state: 'unreachable',
        why: `there is no folder ${files}: in the terminal choose File > Open Data Folder, and give its ${where} as folder`,
      };
    }
    if (!facts.folderThere) {
      return { state: 'disconnected', why: `${files} has no folder DWX: attach the EA DWX_Server_MT5 to a chart of that terminal` };
    }
    return {
      state: 'disconnected',
      why: `the EA DWX_Server_MT5 does not run: attach it to a chart, with Algo Trading on (it takes its files from ${folder} when it ends)`,
    };
  }
  if (!facts.alive) {
    if (facts.early) return { state: 'starting', why: `waiting for a sign of life of the EA in ${folder}` };
    return {
      state: 'stale',
      why: `the files in ${folder} do not change, and the EA rewrites DWX_Orders.txt each second: is the terminal running, with the EA on a chart?`,
    };
  }
  if (facts.fault !== null) return { state: facts.fault.state, why: facts.fault.why };
  if (facts.symbols > 0) return { state: 'ok', why: 'live, sampled: ticks between two looks are not seen' };
  if (facts.asks) return { state: 'waiting', why: 'the EA runs, and has not begun to give the symbols it was asked for' };
  return {
    state: 'off',
    why: 'the EA runs, and nobody has subscribed it to a symbol: name some in symbols, or have your own DWX client subscribe',
  };
}
