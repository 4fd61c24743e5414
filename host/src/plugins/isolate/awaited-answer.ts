import type { IsolateMessage } from '@tickhub/plugin-sdk/host';
import { PluginError } from '../errors.ts';

type Step = 'boot' | 'load' | 'start' | 'drain' | 'snapshot';

interface Expectation {
  readonly type: IsolateMessage['type'];
  readonly step: Step;
  readonly resolve: (message: IsolateMessage) => void;
  readonly reject: (error: PluginError) => void;
}

/** The one message that the host waits for from an isolate at a time. */
export class AwaitedAnswer {
  #expectation: Expectation | null = null;
  #closed: PluginError | null = null;

  /** @throws {PluginError} PLUGIN_TIMEOUT, or whatever {@link failed} and {@link close} are given, or the signal's reason. */
  async expect(type: IsolateMessage['type'], step: Step, timeoutMs: number, signal?: AbortSignal): Promise<IsolateMessage> {
    if (this.#closed !== null) throw this.#closed;
    const { promise, resolve, reject } = Promise.withResolvers<IsolateMessage>();
    const expectation: Expectation = { type, step, resolve, reject };
    this.#expectation = expectation;
    const timer = setTimeout(() => reject(new PluginError('PLUGIN_TIMEOUT', `no answer to ${step} within ${timeoutMs} ms`)), timeoutMs);
    try {
      return await orAborted(promise, signal);
    } finally {
      clearTimeout(timer);
      if (this.#expectation === expectation) this.#expectation = null;
    }
  }

  /** A message that nobody waits for came after its deadline, and is passed over. */
  arrived(message: IsolateMessage): void {
    if (this.#expectation?.type === message.type) this.#expectation.resolve(message);
  }

  /** @returns whether someone waited for that step. */
  failed(step: Step | 'run', error: PluginError): boolean {
    if (this.#expectation === null || (this.#expectation.step !== step && this.#expectation.step !== 'boot')) return false;
    this.#expectation.reject(error);
    return true;
  }

  /** Nothing comes any more. */
  close(error: PluginError): void {
    this.#closed = error;
    this.#expectation?.reject(error);
  }
}

/** Rejects with the signal's reason when that comes first. */
export async function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason as Error);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
