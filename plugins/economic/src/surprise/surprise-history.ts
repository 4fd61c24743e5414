import { z } from '@tickhub/plugin-sdk';
import type { CalendarValue, Store, Surprise } from '@tickhub/plugin-sdk';
import { MOVES_WITHIN_MS } from '../events/match.ts';
import { difference, standardDeviation } from './deviation.ts';

/** Of one series: five years of a monthly release. Older ones go first. */
export const MAX_SAMPLES = 60;

const Sample = z.strictObject({
  /** Id of the event. */
  event: z.string(),
  at: z.number(),
  surprise: z.number(),
  unit: z.string(),
});
type Sample = z.infer<typeof Sample>;

/** What a surprise is worked out of. */
export interface Release {
  readonly event: string;
  readonly currency: string;
  readonly slug: string;
  readonly at: number;
  readonly actual: CalendarValue;
  readonly forecast: CalendarValue;
}

/** How much releases have surprised so far, by currency and normalised title; kept over restarts. */
export class SurpriseHistory {
  readonly #store: Store;
  readonly #minimumSamples: number;
  readonly #series = new Map<string, Sample[]>();
  readonly #changed = new Set<string>();

  /** @param minimumSamples with fewer surprises before it, one has no deviations. */
  constructor(store: Store, minimumSamples: number) {
    this.#store = store;
    this.#minimumSamples = minimumSamples;
  }

  /**
   * The surprise of a release, measured by those before it, and taken in for those after it. The same event again replaces its own.
   * @returns null where actual or forecast is no number, or their units differ.
   */
  async take(release: Release): Promise<Surprise | null> {
    const { actual, forecast } = release;
    if (actual.value === null || forecast.value === null || (actual.unit ?? '') !== (forecast.unit ?? '')) return null;
    const unit = actual.unit ?? '';
    const absolute = difference(actual.value, forecast.value);
    const key = `surprises/${release.currency}/${release.slug}`;
    const samples = await this.#load(key);
    const before = samples
      .filter((sample) => sample.at < release.at && sample.unit === unit && !isSame(sample, release))
      .map((sample) => sample.surprise);
    const deviation = before.length < this.#minimumSamples ? null : standardDeviation(before);
    this.#keep(key, samples, { event: release.event, at: release.at, surprise: absolute, unit });
    return { absolute, deviations: deviation === null ? null : Number((absolute / deviation).toPrecision(6)), samples: before.length };
  }

  /** Durable when it resolves. */
  async save(): Promise<void> {
    for (const key of this.#changed) {
      this.#changed.delete(key);
      await this.#store.set(key, this.#series.get(key) ?? []);
    }
  }

  async #load(key: string): Promise<Sample[]> {
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    const stored = z.array(Sample).safeParse(await this.#store.get(key));
    // Another release of the series may have been taken in meanwhile.
    const meanwhile = this.#series.get(key);
    if (meanwhile !== undefined) return meanwhile;
    const samples = stored.success ? stored.data : [];
    this.#series.set(key, samples);
    return samples;
  }

  #keep(key: string, samples: readonly Sample[], sample: Sample): void {
    const own = samples.find(({ event }) => event === sample.event);
    if (own?.at === sample.at && own.surprise === sample.surprise && own.unit === sample.unit) return;
    // Another provider has told this release before: it counts once.
    if (own === undefined && samples.some((other) => isSame(other, sample))) return;
    const kept = [...samples.filter((other) => other !== own), sample].sort((a, b) => a.at - b.at);
    this.#series.set(key, kept.slice(-MAX_SAMPLES));
    this.#changed.add(key);
  }
}

/** One event, or one release as two providers tell it. */
function isSame(sample: { event: string; at: number }, other: { event: string; at: number }): boolean {
  if (sample.event === other.event) return true;
  return providerOf(sample.event) !== providerOf(other.event) && Math.abs(sample.at - other.at) <= MOVES_WITHIN_MS;
}

function providerOf(event: string): string {
  return event.slice(0, event.indexOf(':'));
}
