import { AnalysisError } from './errors.ts';

/** @throws {AnalysisError} ANALYSIS_LATE; what comes later counts for nothing. */
export async function withDeadline<T>(answer: Promise<T>, ms: number, plugin: string): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new AnalysisError('ANALYSIS_LATE', `it did not answer within ${ms} ms`, { plugin })), ms);
  // Whichever loses the race must not be an unhandled rejection.
  answer.catch(() => undefined);
  promise.catch(() => undefined);
  try {
    return await Promise.race([answer, promise]);
  } finally {
    clearTimeout(timer);
  }
}
