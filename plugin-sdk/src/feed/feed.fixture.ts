import { createHarness } from '../testing/index.ts';
import type { Harness, HarnessOptions } from '../testing/index.ts';
import { feedPlugin } from './feed-plugin.ts';

export const URL_A = 'https://feed.example/data';

/** A plugin.json with a feed; `feed` goes over a feed of ticks out of JSON. */
export function manifest(feed: Record<string, unknown> = {}, more: Record<string, unknown> = {}): string {
  return JSON.stringify(
    {
      id: 'test',
      version: '1.0.0',
      kind: 'data-source',
      sdk: '^0.1.0',
      feed: {
        source: { type: 'http', url: URL_A, format: 'json', everyMs: 60_000 },
        to: 'ticks',
        map: { symbol: '/s', time: { at: '/t', time: 'milliseconds' }, bid: '/b', ask: '/a' },
        ...feed,
      },
      ...more,
    },
    null,
    2,
  );
}

export async function running(text: string, options: HarnessOptions = {}): Promise<Harness> {
  const harness = createHarness(feedPlugin(text), options);
  await harness.start();
  return harness;
}

/** A harness whose only address gives this. */
export async function given(body: unknown, feed: Record<string, unknown> = {}, headers: Record<string, string> = {}): Promise<Harness> {
  const bytes = body instanceof Uint8Array || typeof body === 'string' ? body : JSON.stringify(body);
  return running(manifest(feed), { http: () => ({ body: bytes, headers }) });
}
