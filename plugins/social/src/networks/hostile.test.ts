import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMessage } from './jetstream-shapes.ts';
import { mayConcern } from './jetstream-filter.ts';
import { parseFrame, parseTimeline } from './mastodon-shapes.ts';
import { parseAtom, parseListing } from './reddit-shapes.ts';
import { parseStream } from './stocktwits-shapes.ts';
import type { NetworkEvent, Post } from '../post.ts';
import { textOf } from '../text/markup.ts';
import * as shapes from '../../test/shapes.ts';

const NOON = Date.UTC(2026, 0, 5, 12);
const said = { id: '7', text: 'long $EURUSD', at: NOON };
const ignored = (): void => undefined;

/** A document with one of its values taken out, or another in its place. */
function wounded(document: unknown): fc.Arbitrary<unknown> {
  const paths: (string | number)[][] = [];
  const walk = (value: unknown, path: (string | number)[]): void => {
    paths.push(path);
    if (typeof value !== 'object' || value === null) return;
    for (const [key, member] of Object.entries(value)) walk(member, [...path, key]);
  };
  walk(document, []);
  const instead = fc.oneof(
    fc.constant(undefined),
    fc.jsonValue(),
    fc.string(),
    fc.double(),
    fc.constantFrom(-1, 1e308, '', '<', null, [], {}),
  );
  return fc.tuple(fc.constantFrom(...paths), instead).map(([path, value]) => {
    if (path.length === 0) return value;
    const copy = structuredClone(document) as Record<string | number, unknown>;
    const parent = path
      .slice(0, -1)
      .reduce<Record<string | number, unknown>>((at, key) => at[key] as Record<string | number, unknown>, copy);
    const last = path.at(-1) ?? '';
    if (value === undefined && !Array.isArray(parent)) delete parent[last];
    else parent[last] = value;
    return copy;
  });
}

/** Posts that came of a document, or none where it was refused with an error that says something. */
function postsOf(parse: () => readonly (NetworkEvent | null)[]): Post[] {
  try {
    return parse().flatMap((event) => (event?.kind === 'post' || event?.kind === 'edited' ? [event.post] : []));
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    expect((error as Error).message).not.toBe('');
    return [];
  }
}

const asPosts = (posts: readonly Post[]): NetworkEvent[] => posts.map((post) => ({ kind: 'post', post }));

describe('documents with a wound', () => {
  it.each<[string, unknown, (document: unknown) => readonly (NetworkEvent | null)[]]>([
    ['a Reddit listing', shapes.redditListing([said, { ...said, id: '8' }]), (json) => parseListing(json, ignored).events],
    [
      'a StockTwits stream',
      shapes.stockTwitsStream('EURUSD', [said, { ...said, id: '8' }]),
      (json) => asPosts(parseStream(json, ignored).posts),
    ],
    [
      'a Mastodon timeline',
      [shapes.mastodonStatus(said), shapes.mastodonStatus({ ...said, id: '8' })],
      (json) => asPosts(parseTimeline(json, 'm.example', ignored).posts),
    ],
    [
      'a Mastodon frame',
      JSON.parse(shapes.mastodonFrame('update', shapes.mastodonStatus(said))),
      (json) => [parseFrame(JSON.stringify(json) ?? '', 'm.example')],
    ],
    [
      'a Mastodon status in its frame',
      shapes.mastodonStatus(said),
      (json) => [parseFrame(shapes.mastodonFrame('update', JSON.stringify(json) ?? ''), 'm.example')],
    ],
    ['a Jetstream commit', JSON.parse(shapes.jetstreamCommit(said)), (json) => [parseMessage(JSON.stringify(json) ?? '', new Set())]],
  ])('%s: gives posts that are whole, or is refused in words', (_, document, parse) => {
    expect(postsOf(() => parse(document)).length).toBeGreaterThan(0);
    fc.assert(
      fc.property(wounded(document), (wound) => {
        for (const post of postsOf(() => parse(wound))) {
          expect([typeof post.id, typeof post.author, typeof post.text]).toEqual(['string', 'string', 'string']);
          expect(post.id === '' || post.author === '').toBe(false);
          expect(Number.isFinite(post.at)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('bytes of any kind do not stall or break what reads text', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
        const text = new TextDecoder().decode(bytes);
        expect(textOf(text).length).toBeLessThanOrEqual(10_000);
        expect(typeof mayConcern(text)).toBe('boolean');
        postsOf(() => parseAtom(`<feed>${text}</feed>`).events);
        postsOf(() => [parseMessage(text, new Set())]);
        postsOf(() => [parseFrame(text, 'm.example')]);
      }),
    );
  });

  it.each([
    ['tags that are never closed', '<div>'.repeat(100_000)],
    ['tags within tags', `${'<b>'.repeat(50_000)}x${'</b>'.repeat(50_000)}`],
    ['ampersands', '&'.repeat(200_000)],
    ['a comment that is never closed', `<!--${'-'.repeat(200_000)}`],
    ['one endless attribute', `<a href="${'a'.repeat(200_000)}`],
    ['ten megabytes of text', 'x'.repeat(10_000_000)],
  ])('%s are read within bounds', (_, html) => expect(textOf(html).length).toBeLessThanOrEqual(10_000));
});
