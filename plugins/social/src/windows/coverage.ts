import { z } from '@tickhub/plugin-sdk';

/** Spans with less than this between them are one: a reconnection within it loses nothing that matters to a window of minutes. */
const JOIN_MS = 2_000;
const MOST_SPANS = 500;

export const CoverageState = z.array(z.tuple([z.string(), z.array(z.tuple([z.number(), z.number()]))]));
export type CoverageState = z.infer<typeof CoverageState>;

/** When each network was listened to: spans of time, as Unix epoch milliseconds; at most 500 of each, the newest. */
export class Coverage {
  readonly #spans = new Map<string, [number, number][]>();

  /** The network was listened to from one time to another. */
  add(network: string, from: number, to: number): void {
    if (!(to > from)) return;
    const spans = this.#spans.get(network) ?? [];
    const before = spans.filter(([, end]) => end < from - JOIN_MS);
    const after = spans.filter(([start]) => start > to + JOIN_MS);
    const touched = spans.filter(([start, end]) => end >= from - JOIN_MS && start <= to + JOIN_MS);
    const joined: [number, number] = [Math.min(from, ...touched.map(([start]) => start)), Math.max(to, ...touched.map(([, end]) => end))];
    this.#spans.set(network, [...before, joined, ...after].slice(-MOST_SPANS));
  }

  /** How much of a time it was listened to, from 0 to 1. */
  share(network: string, from: number, to: number): number {
    let covered = 0;
    for (const [start, end] of this.#spans.get(network) ?? []) covered += Math.max(0, Math.min(end, to) - Math.max(start, from));
    return Math.round(Math.min(1, covered / (to - from)) * 1_000) / 1_000;
  }

  /** Forgets what ended before a time. */
  forget(before: number): void {
    for (const [network, spans] of this.#spans) {
      this.#spans.set(
        network,
        spans.filter(([, end]) => end >= before),
      );
    }
  }

  save(): CoverageState {
    return [...this.#spans];
  }

  restore(state: CoverageState): void {
    for (const [network, spans] of state) this.#spans.set(network, spans);
  }
}
