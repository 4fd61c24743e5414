import type { PluginStatus } from '@tickhub/plugin-sdk/host';
import { PluginError } from '../errors.ts';
import type { PluginTimings } from '../timings.ts';
import { orAborted } from './awaited-answer.ts';
import type { Isolate } from './isolate.ts';

export interface ProofTerms {
  readonly timings: PluginTimings;
  /** Whether saying that it is degraded is health enough: the one before it was no better off. */
  readonly acceptDegraded: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Resolves at the first output of an isolate that was started or, when it gives none, after a probation in which it was healthy.
 * @throws {PluginError} PLUGIN_UNPROVEN, or why it ended, or the signal's reason.
 */
export async function proveHealth(isolate: Isolate, { timings, acceptDegraded, signal }: ProofTerms): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let last: PluginStatus | null = null;
  let probationOver = false;
  const stopListening = isolate.onHealth(({ status }) => {
    last = status;
    if (probationOver && (acceptDegraded || status.status === 'ok')) resolve();
  });
  const probation = setTimeout(() => {
    probationOver = true;
    isolate.tell({ type: 'ping' });
  }, timings.probationMs);
  const proving = setTimeout(() => {
    const why = last === null ? 'it sent no health' : `it says it is degraded: ${(last as PluginStatus).detail}`;
    reject(new PluginError('PLUGIN_UNPROVEN', `no output and no health within ${timings.provingMs} ms; ${why}`));
  }, timings.provingMs);
  const ended = isolate.ended.then(({ error }) => Promise.reject(error ?? new PluginError('PLUGIN_EXITED', 'the process has ended')));
  try {
    await Promise.race([isolate.firstOutput, orAborted(promise, signal), ended]);
  } finally {
    clearTimeout(probation);
    clearTimeout(proving);
    stopListening();
  }
}
