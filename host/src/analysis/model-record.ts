import type { ModelDescription } from '@tickhub/plugin-sdk/host';
import type { ModelStatus } from '../control/status.ts';

/** A model that failed so often in a row, alone, is not asked for a while. */
export const FAILURES_TO_REST = 3;
export const REST_MS = 3_600_000;

/** One model of the tenant, and how it has done since the host started. */
export class ModelRecord {
  readonly plugin: string;
  description: ModelDescription;
  allowed = false;
  /** Why it may not answer; empty where it may. */
  reason = '';
  answers = 0;
  abstentions = 0;
  failures = 0;
  lastFailure: string | null = null;
  /** From the question to the answer, milliseconds. */
  lastMs: number | null = null;
  #inARow = 0;
  #restsUntil = -Infinity;

  constructor(plugin: string, description: ModelDescription) {
    this.plugin = plugin;
    this.description = description;
  }

  mayBeAsked(now: number): boolean {
    return this.allowed && now >= this.#restsUntil;
  }

  answered(abstained: boolean, ms: number): void {
    if (abstained) this.abstentions++;
    else this.answers++;
    this.lastMs = ms;
    this.#inARow = 0;
  }

  /**
   * @param alone whether it was asked alone, so that nobody else can be meant.
   * @returns whether this is the first failure with these words, to be logged.
   */
  failed(words: string, now: number, alone: boolean): boolean {
    const isNew = this.lastFailure !== words;
    this.failures++;
    this.lastFailure = words;
    if (alone && ++this.#inARow >= FAILURES_TO_REST) {
      this.#inARow = 0;
      this.#restsUntil = now + REST_MS;
    }
    return isNew;
  }

  /** Another process of its plugin, or other terms: what was wrong may be over. */
  begin(): void {
    this.#inARow = 0;
    this.#restsUntil = -Infinity;
  }

  status(now: number): ModelStatus {
    const { description, plugin, allowed, reason, answers, abstentions, failures, lastFailure, lastMs } = this;
    const { id, version, tier } = description;
    const restsUntil = now < this.#restsUntil ? this.#restsUntil : null;
    return { id, plugin, version, tier, allowed, reason, answers, abstentions, failures, lastFailure, restsUntil, lastMs };
  }
}
