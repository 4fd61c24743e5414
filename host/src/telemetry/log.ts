import pino from 'pino';
import type { DestinationStream } from 'pino';
import { serviceToken } from '../hub/token.ts';
import { maskFields, maskSecrets } from './mask.ts';

/** The host's log. Messages and fields go through a mask for secrets before they are written anywhere. */
export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
  /** A log whose lines carry these fields as well. */
  with(fields: Record<string, unknown>): Log;
}

export const LogToken = serviceToken<Log>('log');

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** One line, for whoever shows the log as well as writing it. */
export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Record<string, unknown>;
}

/**
 * Structured JSON lines through pino.
 * @param destination where the lines go.
 * @param tap sees each line that passes the level.
 */
export function createLog(level: LogLevel, destination: DestinationStream, tap?: (line: LogLine) => void): Log {
  const sink = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
    destination,
  );
  const make = (bound: Record<string, unknown>): Log => {
    const write =
      (at: LogLevel) =>
      (message: string, fields: Record<string, unknown> = {}): void => {
        if (!sink.isLevelEnabled(at)) return;
        const masked = maskFields({ ...bound, ...fields }) as Record<string, unknown>;
        const text = maskSecrets(message);
        sink[at](masked, text);
        tap?.({ level: at, message: text, fields: masked });
      };
    return {
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
      with: (fields) => make({ ...bound, ...fields }),
    };
  };
  return make({});
}
