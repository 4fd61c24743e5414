/** The door to the ledger for readers: `openLedger(dataDir)`. */
export { LedgerError } from './ledger/errors.ts';
export type { LedgerErrorCode } from './ledger/errors.ts';
export { LedgerReader, openLedger } from './ledger/reader.ts';
export type { InstrumentCount, LedgerRecords, LedgerTick, TickQuery, UserTotals } from './ledger/reader.ts';
