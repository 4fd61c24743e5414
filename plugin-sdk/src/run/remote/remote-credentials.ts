import { z } from 'zod';
import type { Credentials } from '../../capabilities/credentials.ts';
import type { CapabilityCalls } from './capability-calls.ts';

const TIMEOUT_MS = 30_000;
const Answer = z.object({ url: z.string(), userId: z.string(), token: z.string() });

/** The `credentials` capability. Nothing is kept here: each `get` asks the host. */
export class RemoteCredentials implements Credentials {
  readonly #calls: CapabilityCalls;
  readonly #listeners: (() => void)[] = [];

  constructor(calls: CapabilityCalls) {
    this.#calls = calls;
  }

  async get(): Promise<{ url: string; userId: string; token: string }> {
    return Answer.parse(await this.#calls.call('credentials', 'get', [], TIMEOUT_MS));
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
