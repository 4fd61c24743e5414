import { PluginError } from '../errors.ts';
import { maskSecrets } from '../../telemetry/mask.ts';

/** How an isolate ended. */
export interface IsolateEnd {
  /** Null when it was asked to. */
  readonly error: PluginError | null;
  /** The last lines of its stderr, secrets masked. */
  readonly stderr: readonly string[];
  readonly code: number | null;
  readonly signal: string | null;
}

const HEAP_EXHAUSTED = /heap out of memory|Reached heap limit|Array buffer allocation failed/i;

/** Tells from what a process left behind why it ended. */
export function causeOfExit(code: number | null, signal: string | null, stderr: readonly string[], memoryMb: number): PluginError {
  const how = signal !== null ? `ended by ${signal}` : `exited with code ${code}`;
  if (code !== 0 && stderr.some((line) => HEAP_EXHAUSTED.test(line))) {
    return new PluginError('PLUGIN_MEMORY', `memory: it filled its heap of ${memoryMb} MiB`);
  }
  if (signal !== null) return new PluginError('PLUGIN_KILLED', `the process was ${how}`);
  const last = stderr.findLast((line) => /\S/.test(line) && !/^\s+at |^Node\.js v/.test(line));
  return new PluginError('PLUGIN_EXITED', `the process ${how}${last === undefined ? '' : `; last line: ${last}`}`);
}

export function maskLines(lines: readonly string[]): string[] {
  return lines.map((line) => maskSecrets(line));
}
