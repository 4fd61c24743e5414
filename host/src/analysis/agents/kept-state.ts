import { readFile, rename } from 'node:fs/promises';
import { z } from 'zod';
import { writeFileAtomic } from '../../storage/write-file-atomic.ts';
import { KeptScores } from './scorekeeper.ts';

const KeptState = z.strictObject({ format: z.literal(1), pins: z.record(z.string(), z.string()), record: KeptScores });
export type KeptState = z.infer<typeof KeptState>;

/** The tenant's file of agents: their pinned keys, and the record of each. */
export class KeptStateFile {
  readonly #file: string;
  readonly #warn: (words: string) => void;
  #writing: Promise<void> | null = null;
  #next: (() => KeptState) | null = null;

  /** @param file absolute */
  constructor(file: string, warn: (words: string) => void) {
    this.#file = file;
    this.#warn = warn;
  }

  /** Null where there is none. One that cannot be read is set aside: agents have to prove themselves anew, and their keys are pinned anew. */
  async read(): Promise<KeptState | null> {
    let text: string;
    try {
      text = await readFile(this.#file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
    try {
      return KeptState.parse(JSON.parse(text));
    } catch {
      const aside = `${this.#file}.damaged`;
      await rename(this.#file, aside);
      this.#warn(`${this.#file} could not be read and was set aside as ${aside}; agents have to prove themselves anew`);
      return null;
    }
  }

  /** Writes what `state` is then; while one write is under way, the last that is asked for is the next. */
  save(state: () => KeptState): void {
    this.#next = state;
    this.#writing ??= this.#write().finally(() => (this.#writing = null));
  }

  /** Resolves when all is written. */
  async settled(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
  }

  async #write(): Promise<void> {
    for (let next = this.#next; next !== null; next = this.#next) {
      this.#next = null;
      try {
        await writeFileAtomic(this.#file, `${JSON.stringify(next())}\n`);
      } catch (error) {
        this.#warn(`the record of agents could not be written: ${(error as Error).message}`);
      }
    }
  }
}
