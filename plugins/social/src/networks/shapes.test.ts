import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as shapes from '../../test/shapes.ts';
import { SymbolTagger } from '../symbols/tagger.ts';
import { mayConcern, timeOf } from './jetstream-filter.ts';
import { parseMessage } from './jetstream-shapes.ts';
import { parseFrame, parseTimeline } from './mastodon-shapes.ts';
import { Continuity, jsonOf } from './network.ts';
import { parseAtom, parseListing } from './reddit-shapes.ts';
import { parseStream } from './stocktwits-shapes.ts';

const AT = Date.UTC(2026, 0, 5, 12);
const odd: string[] = [];
const onOdd = (reason: string): void => void odd.push(reason);
const english = new Set(['en']);

describe('Reddit', () => {
  it('reads a listing, and what is taken back in it', () => {
    const page = parseListing(
      shapes.redditListing([
        { id: 't3_b', title: 'Gold?', text: 'Long XAUUSD', at: AT },
        { id: 't3_a', author: '[deleted]', text: '[removed]', at: AT - 1_000 },
        { id: 't3_0', text: 'advertisement', at: AT - 2_000, removed: 'moderator' },
      ]),
      onOdd,
    );
    expect(page.times).toEqual([AT, AT - 1_000, AT - 2_000]);
    expect(page.events).toMatchObject([
      {
        kind: 'post',
        post: { network: 'reddit', id: 't3_b', author: 'trader_one', text: 'Gold?\nLong XAUUSD', at: AT, marketPlace: true },
      },
      { kind: 'deleted', id: 't3_a' },
      { kind: 'deleted', id: 't3_0' },
    ]);
  });

  it('reads a feed as the same posts, without what Reddit puts under them', () => {
    const said = [{ id: 't3_b', title: 'Gold & silver <now>', text: 'Long XAUUSD & out', at: AT }];
    expect(parseAtom(shapes.redditFeed(said))).toEqual(parseListing(shapes.redditListing(said), onOdd));
  });

  it.each([
    ['nothing', '', /no Atom feed/],
    ['a page', '<html><body>whoa there, pardner!</body></html>', /no Atom feed/],
  ])('refuses %s in the place of a feed', (_, text, message) => expect(() => parseAtom(text)).toThrow(message));

  it('does not expand entities of a feed', () => {
    const bomb = `<?xml version="1.0"?><!DOCTYPE feed [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>${shapes
      .redditFeed([{ id: 't3_b', title: 'EURUSD', text: '', at: AT }])
      .replace('<title>EURUSD', '<title>EURUSD &b;&b;')
      .replace(/<\?xml[^>]*>/, '')}`;
    expect(parseAtom(bomb).events).toMatchObject([{ post: { text: 'EURUSD &b;&b;' } }]);
  });

  it('leaves out what is odd, and refuses where all is', () => {
    const listing = { kind: 'Listing', data: { children: [{ kind: 't3', data: { name: 't3_x' } }] } };
    expect(() => parseListing(listing, onOdd)).toThrow(/none of its 1 posts can be read; data\.author/);
    expect(() => parseListing({ kind: 'Listing' }, onOdd)).toThrow(/no listing/);
  });
});

describe('StockTwits', () => {
  it('reads messages, what their authors say of the direction, and the cursor', () => {
    const page = parseStream(
      shapes.stockTwitsStream(
        'EURUSD',
        [
          { id: '12', text: '$EURUSD up', at: AT, stance: 'Bullish', symbols: ['EURUSD', 'BTC.X'] },
          { id: '11', text: 'hm', at: AT - 1_000, joined: '2026-01-04' },
        ],
        true,
      ),
      onOdd,
    );
    expect(page).toMatchObject({
      newest: 12,
      more: true,
      posts: [
        { id: '12', author: '77', stance: 'bullish', tags: ['EURUSD', 'BTC.X'], at: AT },
        { id: '11', stance: undefined, accountCreatedAt: Date.UTC(2026, 0, 4) },
      ],
    });
  });

  it('takes a page of HTML for an outage, and a status within the answer for what it says', () => {
    const answer = (text: string, type = '') => ({
      status: 200,
      url: '',
      movedTo: null,
      headers: { 'content-type': type },
      body: new TextEncoder().encode(text),
    });
    expect(() => jsonOf(answer('<!DOCTYPE html><title>Just a moment...</title>'))).toThrow(/web page in the place of data/);
    expect(() => jsonOf(answer('{}', 'text/html; charset=UTF-8'))).toThrow(/web page/);
    expect(() => jsonOf(answer('{"a":'))).toThrow(/no JSON: "\{"a":"/);
    expect(() => parseStream({ response: { status: 429 }, errors: [{ message: 'Rate limit exceeded.' }] }, onOdd)).toThrow(/status 429/);
    expect(() => parseStream({ hello: 1 }, onOdd)).toThrow(/no stream/);
  });
});

describe('Mastodon', () => {
  it('parses a frame twice, and its HTML to text', () => {
    const html =
      '<p>Long <a href="https://m.example/tags/EURUSD" class="mention hashtag">#<span>EURUSD</span></a> &amp; out</p><p>see <a href="https://x.example/abc"><span class="invisible">https://</span><span class="ellipsis">x.example/</span><span class="invisible">abc</span></a></p>';
    const event = parseFrame(shapes.mastodonFrame('update', shapes.mastodonStatus({ id: '7', text: html, at: AT })), 'm.example');
    expect(event).toMatchObject({
      kind: 'post',
      post: {
        id: 'https://elsewhere.example/users/someone/statuses/7',
        alias: 'm.example/7',
        author: 'someone@elsewhere.example',
        text: 'Long #EURUSD & out\nsee https://x.example/abc',
        at: AT,
        language: 'en',
        automated: false,
        accountCreatedAt: Date.UTC(2020, 0, 10),
      },
    });
  });

  it('knows an author of its own instance by the same name that other instances do', () => {
    const status = shapes.mastodonStatus({ id: '7', author: 'local', text: 'x', at: AT });
    expect(parseTimeline([status], 'm.example', onOdd).posts[0]?.author).toBe('local@m.example');
  });

  it('reads deletions, whose payload is no JSON, and edits; leaves out boosts and what is not public', () => {
    expect(parseFrame(shapes.mastodonFrame('delete', '7'), 'm.example')).toEqual({
      kind: 'deleted',
      network: 'mastodon',
      id: 'm.example/7',
    });
    const status = (more: Partial<shapes.Toot>) => shapes.mastodonStatus({ id: '7', text: 'EURUSD', at: AT, ...more });
    expect(parseFrame(shapes.mastodonFrame('status.update', status({})), 'm.example')).toMatchObject({ kind: 'edited' });
    expect(parseFrame(shapes.mastodonFrame('update', status({ boosts: true })), 'm.example')).toBeNull();
    expect(parseFrame(shapes.mastodonFrame('update', status({ visibility: 'unlisted' })), 'm.example')).toBeNull();
    expect(parseFrame('{"stream":["user"],"event":"filters_changed"}', 'm.example')).toBeNull();
  });

  it('says what the instance says', () => {
    expect(() => parseFrame('{"error":"Unknown stream type","status":400}', 'm.example')).toThrow(/the instance says: Unknown stream type/);
    expect(() => parseFrame('nonsense', 'm.example')).toThrow();
    expect(() => parseTimeline({ error: 'This method requires an authenticated user' }, 'm.example', onOdd)).toThrow(/no list of statuses/);
  });
});

describe('Jetstream', () => {
  const commit = (more: Partial<shapes.Skeet>) => shapes.jetstreamCommit({ id: '3k1', text: 'long $EURUSD', at: AT, ...more });

  it('reads posts by when the relay saw them, deletions and edits', () => {
    expect(parseMessage(commit({ createdAt: AT - 5_000 }), english)).toEqual({
      kind: 'post',
      post: {
        network: 'bluesky',
        id: 'did:plc:madeup1/3k1',
        author: 'did:plc:madeup1',
        text: 'long $EURUSD',
        at: AT,
        language: 'en',
        marketPlace: false,
      },
    });
    expect(parseMessage(commit({ operation: 'delete' }), english)).toEqual({
      kind: 'deleted',
      network: 'bluesky',
      id: 'did:plc:madeup1/3k1',
    });
    expect(parseMessage(commit({ operation: 'update' }), english)).toMatchObject({ kind: 'edited' });
    expect(parseMessage(shapes.jetstreamAccount('did:plc:madeup1', AT, 'deleted'), english)).toMatchObject({ kind: 'author-deleted' });
    expect(parseMessage(shapes.jetstreamAccount('did:plc:madeup1', AT), english)).toBeNull();
    expect(timeOf(commit({}))).toBe(AT * 1_000);
    expect(timeOf('{}')).toBe(0);
  });

  it('leaves out other languages, and posts that were brought over from elsewhere', () => {
    expect(parseMessage(commit({ languages: ['ja'] }), english)).toBeNull();
    expect(parseMessage(commit({ languages: ['ja'] }), new Set())).not.toBeNull();
    expect(parseMessage(commit({ languages: ['pt-BR', 'en-US'] }), english)).not.toBeNull();
    expect(parseMessage(commit({ languages: [] }), english)).not.toBeNull();
    expect(parseMessage(commit({ createdAt: AT - 86_400_000 }), english)).toBeNull();
  });

  it('passes by what cannot concern it without parsing, and never what the tagger would tag', () => {
    expect(mayConcern(commit({ text: 'good morning from the beach' }))).toBe(false);
    expect(mayConcern(commit({ text: 'costs $100 & more' }))).toBe(false);
    expect(mayConcern(commit({ operation: 'delete' }))).toBe(true);
    expect(mayConcern(commit({ operation: 'update', text: 'never mind' }))).toBe(true);
    expect(mayConcern(JSON.stringify({ did: 'x', time_us: 1, kind: 'identity', identity: { did: 'x', handle: 'gold.example' } }))).toBe(
      false,
    );
    const tagger = new SymbolTagger();
    const piece = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(
        '$',
        'A',
        'EUR',
        '/',
        'USD',
        'gold price',
        ' ',
        '"',
        '\\',
        '\n',
        '&',
        '$BTC.X',
        'eurusd',
        '"text":"',
        's&p 500',
        '6E_F',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const text = pieces.join('');
        const message = commit({ text });
        if (tagger.tag({ text, marketPlace: false }).length > 0) expect(mayConcern(message)).toBe(true);
        expect(parseMessage(message, english)).toMatchObject({ post: { text } });
      }),
      { numRuns: 500 },
    );
  });
});

describe('Continuity', () => {
  it('says since when nothing was missed', () => {
    const continuity = new Continuity();
    // The first page reaches as far back as its oldest post.
    expect(continuity.look(1_000, [500, 900], true)).toBe(500);
    // It meets the one before.
    expect(continuity.look(2_000, [800, 1_900], true)).toBe(1_000);
    // It does not: between 1,900 and 2,500 there may have been others.
    expect(continuity.look(3_000, [2_500, 2_900], true)).toBe(2_500);
    // A page that is not full has all there is.
    expect(continuity.look(4_000, [3_900], false)).toBe(3_000);
    expect(continuity.look(5_000, [], false)).toBe(4_000);
    // A post from the future is no place to go on from.
    expect(continuity.look(6_000, [5_500, 99_000], true)).toBe(5_500);
    expect(continuity.look(7_000, [6_500, 6_900], true)).toBe(6_500);
  });
});
