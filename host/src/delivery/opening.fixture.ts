import type { Opening } from './worker-messages.ts';

/** For tests that stand for the spool's thread: what it says of a spool that was just made. */
export const NEW_SPOOL: Opening = {
  epoch: '0011223344556677',
  lastSeq: 0,
  ackedSeq: 0,
  ticks: 0,
  minute: 0,
  depth: { frames: 0, bytes: 0, ticks: 0 },
  symbols: { sources: [], symbols: [] },
  cursors: [],
  positions: [],
  keys: [],
  losses: [],
};
