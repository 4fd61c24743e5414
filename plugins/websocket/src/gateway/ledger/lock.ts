import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { LedgerError } from './errors.ts';

/** A gateway that was told to stop, or killed, may take a moment to be gone. */
const WAIT_MS = 3_000;

/**
 * Holds a data folder for one gateway: an exclusive transaction on a database of its own, which the system ends with the process, however that ends,
 * on every platform.
 * @returns a function that lets go.
 * @throws {LedgerError} LEDGER_IN_USE
 */
export function lockDataDir(dataDir: string): () => void {
  const db = new DatabaseSync(path.join(dataDir, 'gateway.lock'), { timeout: WAIT_MS });
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    throw new LedgerError(
      'LEDGER_IN_USE',
      `${dataDir}: another gateway runs in this folder; stop it, or give another folder with --data`,
      error,
    );
  }
  return () => db.close();
}
