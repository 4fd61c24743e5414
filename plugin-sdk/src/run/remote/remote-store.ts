import { z } from 'zod';
import type { Store } from '../../capabilities/store.ts';
import type { CapabilityCalls } from './capability-calls.ts';

const TIMEOUT_MS = 30_000;
const Keys = z.array(z.string());

/** The `store` capability, kept by the host. */
export class RemoteStore implements Store {
  readonly #calls: CapabilityCalls;

  constructor(calls: CapabilityCalls) {
    this.#calls = calls;
  }

  get(key: string): Promise<unknown> {
    return this.#call('get', key);
  }

  async set(key: string, value: unknown): Promise<void> {
    await this.#call('set', key, value);
  }

  async delete(key: string): Promise<void> {
    await this.#call('delete', key);
  }

  async keys(): Promise<string[]> {
    return Keys.parse(await this.#call('keys'));
  }

  #call(method: string, ...args: unknown[]): Promise<unknown> {
    return this.#calls.call('store', method, args, TIMEOUT_MS, 'STORE_TIMEOUT');
  }
}
