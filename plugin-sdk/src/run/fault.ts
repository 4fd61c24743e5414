import type { Failure } from '../protocol/control.ts';

/** Something is wrong with a plugin, or with how it uses the SDK. The message says what, and what to do about it. */
export class PluginFault extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'PluginFault';
    this.code = code;
  }
}

const CODE = /^[A-Z][A-Z0-9_]{1,63}$/;
const MAX_STACK = 8_192;
const MAX_MESSAGE = 4_096;

/** What was thrown, in a form that crosses the process border. An error's own code is kept, so that a port in use is told from a mistake. */
export function toFailure(thrown: unknown, fallbackCode: string): Failure {
  if (!(thrown instanceof Error)) {
    return { code: fallbackCode, message: `threw ${describe(thrown)}; throw an Error, so that there is a stack` };
  }
  const own: unknown = 'code' in thrown ? thrown.code : undefined;
  const code = typeof own === 'string' && CODE.test(own) ? own : fallbackCode;
  const failure: Failure = { code, message: (thrown.message || thrown.name).slice(0, MAX_MESSAGE) };
  if ('answer' in thrown) failure.answer = thrown.answer as Failure['answer'];
  if (typeof thrown.stack === 'string') failure.stack = thrown.stack.slice(0, MAX_STACK);
  return failure;
}

/** A value in a few words, its content left out: it may be a secret. */
export function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (value === undefined) return 'undefined';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
