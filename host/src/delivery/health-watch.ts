import { Listeners } from './listeners.ts';
import type { SpoolHealth } from './spool.ts';

const LOOK_MS = 1_000;
/** A disk that does something else may take a second or two. So many looks, and not one timer: a computer that slept saw the disk silent for one look at most. */
const SILENT_LOOKS = 5;
const OK: SpoolHealth = { state: 'ok' };

/**
 * How the spool's disk is: what the spool's thread says of it, and, as the thread cannot say that, whether the disk neither takes what it was given
 * nor refuses it. A drive that fails does so, or one on a network that went away: the thread waits within the system's call.
 */
export class HealthWatch {
  readonly #changed = new Listeners<SpoolHealth>();
  #told = OK;
  #silence: SpoolHealth | null = null;
  #timer: NodeJS.Timeout | null = null;
  #looks = 0;

  get current(): SpoolHealth {
    return this.#silence ?? this.#told;
  }

  /** @returns ends the listening. */
  onChange(listener: (health: SpoolHealth) => void): () => void {
    return this.#changed.add(listener);
  }

  /** The disk was given something to write. */
  given(): void {
    if (this.#timer !== null) return;
    this.#looks = 0;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    this.#timer.unref();
  }

  /** It wrote something. @param waiting whether there is more that it was given. */
  answered(waiting: boolean): void {
    this.#looks = 0;
    if (!waiting) this.stop();
    if (this.#silence === null) return;
    this.#silence = null;
    this.#changed.emit(this.#told);
  }

  /** The thread's word, which is better than what is guessed here. */
  told(health: SpoolHealth): void {
    this.#looks = 0;
    this.#silence = null;
    this.#told = health;
    this.#changed.emit(health);
  }

  /** Nothing is waited for any more. */
  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  #look(): void {
    if (++this.#looks !== SILENT_LOOKS || this.#told.state === 'stalled') return;
    this.#silence = { state: 'stalled', reason: `the disk has not answered for ${(SILENT_LOOKS * LOOK_MS) / 1_000} s` };
    this.#changed.emit(this.#silence);
  }
}
