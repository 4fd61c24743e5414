import type { HostMessage, IsolateMessage } from '@tickhub/plugin-sdk/host';
import { PluginError } from '../errors.ts';

/** A `reply` without its type. */
export type Answer = Omit<Extract<HostMessage, { type: 'reply' }>, 'type'>;

type Call = Extract<IsolateMessage, { type: 'call' }>;

/** So many calls at once are no use, but a plugin that forgot to wait. */
const MOST_AT_ONCE = 1_000;

/** Answers the capability calls of one isolate. */
export class CapabilityCalls {
  readonly #reply: (answer: Answer) => void;
  readonly #onFlood: (error: PluginError) => void;
  #open = 0;

  constructor(reply: (answer: Answer) => void, onFlood: (error: PluginError) => void) {
    this.#reply = reply;
    this.#onFlood = onFlood;
  }

  take(call: Call, result: Promise<unknown>): void {
    if (++this.#open > MOST_AT_ONCE) {
      this.#onFlood(
        new PluginError(
          'PLUGIN_PROTOCOL',
          `more than ${MOST_AT_ONCE} capability calls at once; the last was ${call.capability}.${call.method}`,
        ),
      );
    }
    void this.#answer(call, result);
  }

  async #answer({ id }: Call, result: Promise<unknown>): Promise<void> {
    try {
      this.#reply({ id, value: await result });
    } catch (error) {
      this.#reply({ id, failure: failureOf(error) });
    } finally {
      this.#open--;
    }
  }
}

function failureOf(error: unknown): NonNullable<Answer['failure']> {
  if (error instanceof PluginError) return { code: error.code, message: error.advice, answer: error.answer };
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'CAPABILITY_FAILED';
  return { code, message };
}
