import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { SymbolGate } from '../entitlement/symbol-gate.ts';
import { writeFileAtomic } from '../storage/write-file-atomic.ts';

const Kept = z.strictObject({ announced: z.array(z.string()) });

const WRITE_AFTER_MS = 200;

/** Keeps the order in which a tenant's symbols first appeared, so that a tier's places stay with the same symbols across restarts. */
export class GateMemory {
  readonly #file: string;
  readonly #announced: readonly string[];
  #written = 0;
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();

  private constructor(file: string, announced: readonly string[]) {
    this.#file = file;
    this.#announced = announced;
    this.#written = announced.length;
  }

  /** A file that is missing or damaged is an empty memory: the order starts anew. */
  static async open(tenantDir: string): Promise<GateMemory> {
    const file = path.join(tenantDir, 'symbols.json');
    const text = await readFile(file, 'utf8').catch(() => '{"announced":[]}');
    try {
      return new GateMemory(file, Kept.parse(JSON.parse(text)).announced);
    } catch {
      return new GateMemory(file, []);
    }
  }

  /** The order as it was at the last stop. */
  get announced(): readonly string[] {
    return this.#announced;
  }

  /** Writes the gate's order soon, if it has grown. */
  note(gate: SymbolGate): void {
    if (gate.announced.length === this.#written || this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#write(gate);
    }, WRITE_AFTER_MS);
  }

  /** Writes now what is not written yet. */
  async close(gate: SymbolGate): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (gate.announced.length !== this.#written) this.#write(gate);
    await this.#writing;
  }

  #write(gate: SymbolGate): void {
    this.#written = gate.announced.length;
    const text = `${JSON.stringify({ announced: gate.announced })}\n`;
    this.#writing = this.#writing.then(() => writeFileAtomic(this.#file, text)).catch(() => undefined);
  }
}
