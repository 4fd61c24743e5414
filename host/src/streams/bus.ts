import type { RecordBatch, TickBatch } from '@tickhub/plugin-sdk/host';

/** What happens in a tenant, under the names of the product's plan. */
export interface TenantEvents {
  /** Ticks that passed dedupe and gate, with host ids; read only, and only for the length of the call unless it is kept whole. */
  market_data_received: { readonly seq: number; readonly batch: TickBatch };
  /** Records of a source or a model: news, analysis and so on. */
  records_received: { readonly plugin: string; readonly batch: RecordBatch };
  /** A model has answered. */
  ai_analysis_complete: { readonly plugin: string; readonly batch: RecordBatch };
  /** A transport's link to the backend came up or went down. `isolate` is the generation: two of a transport overlap during a reload. */
  backend_notification: { readonly plugin: string; readonly isolate: number; readonly state: 'up' | 'down'; readonly reason: string };
  /** Something went wrong that a person may want to know. */
  error_occurred: { readonly plugin: string; readonly code: string; readonly message: string };
}

type Listener<T> = (event: T) => void;

/**
 * A typed event bus: synchronous, in order of subscription. A listener that throws is reported and the others still run, because one
 * consumer's fault is not the tick's. Who subscribes or ends while an event is told counts from the next event on.
 */
export class EventBus<Events extends object> {
  readonly #listeners = new Map<keyof Events, Listener<never>[]>();
  readonly #onError: (error: unknown, event: keyof Events) => void;

  constructor(onError: (error: unknown, event: keyof Events) => void) {
    this.#onError = onError;
  }

  /** @returns ends this subscription. */
  on<K extends keyof Events>(event: K, listener: Listener<Events[K]>): () => void {
    // An entry of its own, so that a function that listens twice may end one of the two.
    const entry: Listener<Events[K]> = (payload) => listener(payload);
    // Copied on write, so that emit may walk an array that nobody changes.
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), entry]);
    return () => {
      const left = (this.#listeners.get(event) ?? []).filter((other) => other !== entry);
      this.#listeners.set(event, left);
    };
  }

  emit<K extends keyof Events>(event: K, payload: Events[K]): void {
    const listeners = this.#listeners.get(event) as Listener<Events[K]>[] | undefined;
    if (listeners === undefined) return;
    for (const listener of listeners) {
      try {
        listener(payload);
      } catch (error) {
        this.#onError(error, event);
      }
    }
  }
}
