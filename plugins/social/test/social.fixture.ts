/** For the tests of this folder: the plugin in a harness, and what is asked of it. */
import type { SocialAggregate, SocialPost } from '@tickhub/plugin-sdk';
import { createHarness } from '@tickhub/plugin-sdk/testing';
import type { Harness, HarnessOptions } from '@tickhub/plugin-sdk/testing';
import { afterEach, vi } from 'vitest';
import plugin from '../src/index.ts';
import * as shapes from './shapes.ts';

export const MINUTE = 60_000;
export const NOON = Date.UTC(2026, 0, 5, 12);
export const BLUESKY = { bluesky: { url: 'ws://jetstream.test/subscribe' }, windowMinutes: [5], lateSeconds: 30 };

/** The one under test; it is stopped after each test. */
export let harness: Harness;
export function make(config: Record<string, unknown>, options: Partial<HarnessOptions> = {}): Harness {
  return (harness = createHarness(plugin, { plugin: { id: 'social', version: '0.1.0' }, now: NOON + 10_000, config, ...options }));
}
afterEach(async () => {
  vi.unstubAllEnvs();
  await harness.stop();
});

export const aggregates = (): (SocialAggregate & { time: number; symbol: string | undefined; key: string | undefined })[] =>
  harness.records.flatMap(({ body, time, symbol, key }) =>
    body['kind'] === 'aggregate' ? [{ ...(body as SocialAggregate), time, symbol, key }] : [],
  );
export const posts = (): (SocialPost & { key: string | undefined })[] =>
  harness.records.flatMap(({ body, key }) => (body['kind'] === 'post' ? [{ ...(body as SocialPost), key }] : []));
export const source = (name: string) => harness.status().sources?.find((health) => health.source === name);
/** Everything that anybody outside the plugin can see. */
export const visible = (): string => JSON.stringify([harness.records, harness.logs, harness.status()]);

let number = 0;
export const skeet = (text: string, more: Partial<shapes.Skeet> = {}): string =>
  shapes.jetstreamCommit({ id: `3k${++number}`, author: `did:plc:author${number}`, text, at: harness.now(), ...more });
