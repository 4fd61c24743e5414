/** A small durable store of the plugin's own, kept by the host: JSON values up to 1 MiB, 10,000 keys. */
export interface Store {
  get(key: string): Promise<unknown>;
  /** Durable when the promise resolves. Rejects with code STORE_LIMIT when the value or the store is too large. */
  set(key: string, value: unknown): Promise<void>;
  delete(key: string): Promise<void>;
  keys(): Promise<string[]>;
}
