import type { Failure, HostMessage } from '../../protocol/control.ts';
import { PluginFault } from '../fault.ts';

type Reply = Extract<HostMessage, { type: 'reply' }>;

/** Sends a call to the host. Throws when the arguments cannot be cloned. */
export type SendCall = (call: { id: number; capability: string; method: string; args: unknown[] }) => void;

/** A capability call that failed. The code is the host's, or TIMEOUT, NOT_CLONEABLE. */
export class CapabilityError extends PluginFault {
  /** Of SOCKET_REFUSED: the HTTP answer; names of headers in lower case, those only that say when to come again. */
  readonly answer: Failure['answer'];

  constructor(code: string, message: string, options: { cause?: unknown; answer?: Failure['answer'] } = {}) {
    super(code, message, options);
    this.name = 'CapabilityError';
    this.answer = options.answer;
  }

  /** The HTTP status of `answer`. */
  get status(): number | undefined {
    return this.answer?.status;
  }
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: CapabilityError) => void;
  readonly timer: NodeJS.Timeout;
}

/** Calls to the host that wait for their answer. */
export class CapabilityCalls {
  readonly #send: SendCall;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;

  constructor(send: SendCall) {
    this.#send = send;
  }

  /**
   * @param timeoutMs the host has a deadline of its own; this one is for a host that does not answer at all.
   * @throws {CapabilityError} by rejection.
   */
  call(capability: string, method: string, args: unknown[], timeoutMs: number, timeoutCode = 'TIMEOUT'): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const id = this.#nextId++;
    try {
      this.#send({ id, capability, method, args });
    } catch (error) {
      reject(
        new CapabilityError(
          'NOT_CLONEABLE',
          `${capability}.${method}: an argument cannot be sent to the host: ${(error as Error).message}`,
          { cause: error },
        ),
      );
      return promise;
    }
    const timer = setTimeout(() => {
      this.#pending.delete(id);
      reject(new CapabilityError(timeoutCode, `${capability}.${method} was not answered within ${timeoutMs} ms`));
    }, timeoutMs);
    this.#pending.set(id, { resolve, reject, timer });
    return promise;
  }

  take({ id, value, failure }: Reply): void {
    const pending = this.#pending.get(id);
    // An answer that came after its deadline.
    if (pending === undefined) return;
    this.#pending.delete(id);
    clearTimeout(pending.timer);
    if (failure === undefined) pending.resolve(value);
    else pending.reject(new CapabilityError(failure.code, failure.message, { answer: failure.answer }));
  }
}
