import type { PluginManifest } from '@tickhub/plugin-sdk/host';
import { PluginError } from '../errors.ts';
import { maskSecrets } from '../../telemetry/mask.ts';

/** How an isolate ended. */
export interface IsolateEnd {
  /** Null when it was asked to. */
  readonly error: PluginError | null;
  /** Its last lines: stderr, warnings, and the stack of what it died of. At most 50, secrets masked. */
  readonly lastWords: readonly string[];
  readonly code: number | null;
  readonly signal: string | null;
}

const HEAP_EXHAUSTED = /heap out of memory|Reached heap limit|Array buffer allocation failed/i;

/** Tells from what a process left behind why it ended. */
export function causeOfExit(code: number | null, signal: string | null, lastWords: readonly string[], memoryMb: number): PluginError {
  const how = signal !== null ? `ended by ${signal}` : `exited with code ${code}`;
  if (code !== 0 && lastWords.some((line) => HEAP_EXHAUSTED.test(line))) {
    return new PluginError('PLUGIN_MEMORY', `memory: it filled its heap of ${memoryMb} MiB`);
  }
  if (signal !== null) return new PluginError('PLUGIN_KILLED', `the process was ${how}`);
  const last = lastWords.findLast((line) => /\S/.test(line) && !/^\s+at |^Node\.js v/.test(line));
  return new PluginError('PLUGIN_EXITED', `the process ${how}${last === undefined ? '' : `; last line: ${last}`}`);
}

const KEPT_LINES = 50;

/** The last 50 lines of what an isolate had to say. */
export class LastWords {
  readonly #lines: string[] = [];

  add(text: string): void {
    this.#lines.push(...text.split('\n').slice(-KEPT_LINES));
    if (this.#lines.length > KEPT_LINES) this.#lines.splice(0, this.#lines.length - KEPT_LINES);
  }

  /** Oldest first. Secrets are masked. */
  get lines(): string[] {
    return this.#lines.map((line) => maskSecrets(line));
  }
}

/** In place of a timeout, while a model without code was tried: nothing else of it can take so long. Any other error as it is. */
export function endlessModel(error: unknown, { model, limits }: PluginManifest): unknown {
  if (model === undefined || !(error instanceof PluginError) || error.code !== 'PLUGIN_TIMEOUT') return error;
  return new PluginError('PLUGIN_TIMEOUT', `${model.file} came to no end within ${limits.startTimeoutMs} ms when it was loaded and tried`, {
    remedy: 'Look for a loop in it that does not end, make it smaller, or raise limits.startTimeoutMs.',
  });
}
