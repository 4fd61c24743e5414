/** Opening with patience, and what is told of it. */
import type { SpoolError } from '../errors.ts';
import type { Opening, WorkerOptions } from '../worker-messages.ts';
import type { Ballast } from './ballast.ts';
import type { FrameStore } from './frame-store.ts';
import { openStore } from './open-store.ts';
import { pause } from './pause.ts';
import { failureKind, failureWords, reasonOf } from './sqlite-failure.ts';
import type { FailureKind } from './sqlite-failure.ts';

const ATTEMPTS = 10;
const RETRY_MS = 200;

export interface Refusal {
  readonly code: SpoolError['code'];
  readonly message: string;
}

/** Opens the spool; a disk that refuses, or a host that is still going down, is given 2 s. Blocks this thread. */
export function openPatiently(options: WorkerOptions, ballast: Ballast, now: () => number): FrameStore | Refusal {
  for (let attempt = 1; ; attempt++) {
    try {
      return openStore(options, now);
    } catch (error) {
      const kind = failureKind(error);
      if (kind === 'full') ballast.release();
      if (kind === null || kind === 'damaged' || attempt === ATTEMPTS) return refusal(options.path, kind, error);
      pause(RETRY_MS);
    }
  }
}

export function openingOf({ state }: FrameStore): Opening {
  const { meta } = state;
  return {
    epoch: meta.epoch,
    lastSeq: meta.lastSeq,
    ackedSeq: meta.acked,
    ticks: meta.ticks,
    // What was reported is over, whatever the clock says now.
    minute: state
      .usage()
      .reduce((least, { minute, reported }) => Math.max(least, reported && minute > 0 ? minute + 1 : minute), meta.minute),
    depth: state.depth,
    symbols: state.symbols(),
    cursors: state.cursors(),
    positions: state.positions(),
    keys: state.keys(),
    losses: state.losses(),
  };
}

function refusal(path: string, kind: FailureKind | null, error: unknown): Refusal {
  if (kind === 'in-use') {
    return {
      code: 'SPOOL_IN_USE',
      message: `${path} is in use by another process: a second Tickhub with this data folder? Stop one of them.`,
    };
  }
  const why = kind === null ? reasonOf(error) : `${failureWords(kind)}: ${reasonOf(error)}`;
  return {
    code: 'SPOOL_UNUSABLE',
    message: `${path} cannot be opened: ${why}. Free some space, or give the folder's owner the right to write it.`,
  };
}
