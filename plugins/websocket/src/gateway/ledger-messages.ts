/** What the gateway's socket thread and the ledger's thread say to each other. Both are this program: no schema stands between them. */
import type { LedgerErrorCode } from './ledger/errors.ts';
import type { Aside } from './take-message.ts';
import type { InstrumentCount, UserTotals } from './ledger/reader.ts';

export interface LedgerThreadOptions {
  readonly path: string;
  readonly keepBytes: number;
}

export type ToLedger =
  | { readonly type: 'hello'; readonly session: number; readonly user: string; readonly epoch: string; readonly lastSeq: number }
  /** A message of a session, as it came. */
  | { readonly type: 'message'; readonly session: number; readonly data: Uint8Array; readonly binary: boolean }
  | { readonly type: 'end'; readonly session: number }
  | { readonly type: 'stats'; readonly id: number }
  | { readonly type: 'close' };

export interface LedgerStats {
  readonly users: readonly UserTotals[];
  readonly instruments: readonly InstrumentCount[];
  /** Transactions and the time they took, since the start. */
  readonly commits: number;
  readonly commitMs: number;
}

export type LedgerHealth = { readonly ok: true } | { readonly ok: false; readonly code: LedgerErrorCode; readonly reason: string };

/** Told after the commit that makes it true. */
export type FromLedger =
  | { readonly type: 'opened' }
  | { readonly type: 'resume'; readonly session: number; readonly epoch: string; readonly lastSeq: number }
  /** `seq`: everything up to it is durable, null where nothing new is to be told. `bytes`: of messages that are done with. */
  | { readonly type: 'taken'; readonly session: number; readonly seq: number | null; readonly bytes: number }
  | { readonly type: 'refused'; readonly session: number; readonly closeCode: number; readonly reason: string }
  /** What was in a session's messages for the agents. */
  | { readonly type: 'aside'; readonly session: number; readonly aside: Aside }
  | { readonly type: 'health'; readonly health: LedgerHealth }
  | { readonly type: 'log'; readonly level: 'info' | 'warn' | 'error'; readonly text: string }
  | { readonly type: 'stats'; readonly id: number; readonly stats: LedgerStats }
  | { readonly type: 'closed' };
