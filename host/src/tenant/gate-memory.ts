import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { SymbolGate } from '../entitlement/symbol-gate.ts';
import { writeFileAtomic } from '../storage/write-file-atomic.ts';
import type { Log } from '../telemetry/log.ts';

const Kept = z.strictObject({ announced: z.array(z.string()) });

const WRITE_AFTER_MS = 200;

type Announced = Pick<SymbolGate, 'announced'>;

/** Keeps the order in which a tenant's symbols first appeared, so that a tier's places stay with the same symbols across restarts. */
export class GateMemory {
  readonly #file: string;
  readonly #announced: readonly string[];
  readonly #log: Log;
  /** How many of the gate's symbols are in the file. */
  #written: number;
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();

  private constructor(file: string, announced: readonly string[], log: Log) {
    this.#file = file;
    this.#announced = announced;
    this.#written = announced.length;
    this.#log = log;
  }

  /** A file that is missing is an empty memory; so is a damaged one, which is logged. */
  static async open(tenantDir: string, log: Log): Promise<GateMemory> {
    const file = path.join(tenantDir, 'symbols.json');
    try {
      return new GateMemory(file, Kept.parse(JSON.parse(await readFile(file, 'utf8'))).announced, log);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        log.warn(`${file} cannot be read, so the tier may pass other symbols than before; name those that matter in "symbols.prefer"`);
      }
      return new GateMemory(file, [], log);
    }
  }

  /** The order as it was at the last stop. */
  get announced(): readonly string[] {
    return this.#announced;
  }

  /** Writes the gate's order soon, if it has grown. */
  note(gate: Announced): void {
    if (gate.announced.length === this.#written || this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#write(gate);
    }, WRITE_AFTER_MS);
  }

  /** Writes now what is not written yet. */
  async close(gate: Announced): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#writing;
    if (gate.announced.length !== this.#written) this.#write(gate);
    await this.#writing;
  }

  #write(gate: Announced): void {
    const before = this.#written;
    this.#written = gate.announced.length;
    const text = `${JSON.stringify({ announced: gate.announced })}\n`;
    this.#writing = this.#writing.then(async () => {
      try {
        await writeFileAtomic(this.#file, text);
      } catch (error) {
        // The next note tries again.
        this.#written = before;
        this.#log.warn(`the order of the symbols could not be kept: ${(error as Error).message}`);
      }
    });
  }
}
