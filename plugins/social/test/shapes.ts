/** Made-up posts in the true shapes of each network, with the fields that surround those that are read. Times are Unix epoch milliseconds. */

export interface Said {
  readonly id: string;
  readonly author?: string;
  readonly text: string;
  readonly at: number;
}

const iso = (at: number): string => new Date(at).toISOString();

/** `GET https://oauth.reddit.com/r/{subreddit}/new`, newest first. */
export function redditListing(posts: readonly (Said & { title?: string; removed?: string })[]): object {
  return {
    kind: 'Listing',
    data: {
      after: posts.at(-1)?.id ?? null,
      dist: posts.length,
      modhash: null,
      geo_filter: '',
      children: posts.map(({ id, author = 'trader_one', title = '', text, at, removed }) => ({
        kind: 't3',
        data: {
          approved_at_utc: null,
          subreddit: 'Forex',
          selftext: text,
          author_fullname: `t2_${author}`,
          saved: false,
          title,
          downs: 0,
          name: id,
          upvote_ratio: 0.8,
          ups: 3,
          is_self: true,
          removed_by_category: removed ?? null,
          link_flair_text: null,
          score: 3,
          edited: false,
          created: at / 1_000,
          over_18: false,
          id: id.replace('t3_', ''),
          author,
          num_comments: 4,
          permalink: `/r/Forex/comments/${id.replace('t3_', '')}/made_up/`,
          url: `https://www.reddit.com/r/Forex/comments/${id.replace('t3_', '')}/made_up/`,
          subreddit_subscribers: 400_000,
          created_utc: at / 1_000,
          num_crossposts: 0,
          media: null,
          is_video: false,
        },
      })),
      before: null,
    },
  };
}

const xml = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** `https://www.reddit.com/r/{subreddit}/new/.rss`. */
export function redditFeed(posts: readonly (Said & { title?: string })[]): string {
  const entries = posts.map(({ id, author = 'trader_one', title = '', text, at }) => {
    const html = `<!-- SC_OFF --><div class="md"><p>${xml(text)}</p> </div><!-- SC_ON --> &#32; submitted by &#32; <a href="https://www.reddit.com/user/${author}"> /u/${author} </a> <br/> <span><a href="https://www.reddit.com/r/Forex/x">[link]</a></span>`;
    return `<entry><author><name>/u/${author}</name><uri>https://www.reddit.com/user/${author}</uri></author><category term="Forex" label="r/Forex"/><content type="html">${xml(html)}</content><id>${id}</id><link href="https://www.reddit.com/r/Forex/comments/x/" /><updated>${iso(at)}</updated><published>${iso(at)}</published><title>${xml(title)}</title></entry>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/"><category term="Forex" label="r/Forex"/><updated>2026-01-05T12:00:00+00:00</updated><id>/r/Forex/new/.rss</id><link rel="self" href="https://www.reddit.com/r/Forex/new/.rss" type="application/atom+xml" /><title>newest submissions : Forex</title>${entries.join('')}</feed>`;
}

/** `POST https://www.reddit.com/api/v1/access_token`. */
export function redditToken(token: string): object {
  return { access_token: token, token_type: 'bearer', device_id: 'DO_NOT_TRACK_THIS_DEVICE', expires_in: 86_400, scope: '*' };
}

export interface StockTwit extends Said {
  readonly symbols?: readonly string[];
  readonly stance?: 'Bullish' | 'Bearish';
  readonly joined?: string;
}

/** `GET https://api.stocktwits.com/api/2/streams/symbol/{SYMBOL}.json`, newest first; ids are numbers. */
export function stockTwitsStream(symbol: string, messages: readonly StockTwit[], more = false): object {
  const ids = messages.map(({ id }) => Number(id));
  return {
    response: { status: 200 },
    symbol: { id: 1, symbol, title: symbol, aliases: [], is_following: false, watchlist_count: 1_000 },
    cursor: { more, since: ids.length === 0 ? null : Math.max(...ids), max: ids.length === 0 ? null : Math.min(...ids) },
    messages: messages.map(({ id, author = '77', text, at, symbols = [symbol], stance, joined = '2019-03-02' }) => ({
      id: Number(id),
      body: text,
      created_at: iso(at).replace(/\.\d+Z$/, 'Z'),
      user: {
        id: Number(author),
        username: `made_up_${author}`,
        name: 'Made Up',
        avatar_url: 'https://avatars.example/1.png',
        join_date: joined,
        official: false,
        identity: 'User',
        classification: [],
        followers: 4,
        following: 2,
        ideas: 40,
        watchlist_stocks_count: 3,
        like_count: 9,
      },
      source: { id: 2_269, title: 'StockTwits Web', url: 'https://stocktwits.com' },
      symbols: symbols.map((name, at) => ({
        id: at + 1,
        symbol: name,
        title: name,
        aliases: [],
        is_following: false,
        watchlist_count: 10,
      })),
      mentioned_users: [],
      entities: { sentiment: stance === undefined ? null : { basic: stance } },
    })),
  };
}

export interface Toot extends Said {
  readonly uri?: string;
  readonly bot?: boolean;
  readonly visibility?: string;
  readonly language?: string;
  readonly boosts?: boolean;
  readonly joined?: string;
}

/** A status of Mastodon; `text` is its HTML. */
export function mastodonStatus({ id, author = 'someone@elsewhere.example', text, at, ...more }: Toot): object {
  const uri = more.uri ?? `https://elsewhere.example/users/someone/statuses/${id}`;
  return {
    id,
    created_at: iso(at),
    in_reply_to_id: null,
    in_reply_to_account_id: null,
    sensitive: false,
    spoiler_text: '',
    visibility: more.visibility ?? 'public',
    language: more.language ?? 'en',
    uri,
    url: uri,
    replies_count: 0,
    reblogs_count: 0,
    favourites_count: 0,
    edited_at: null,
    content: text,
    reblog: more.boosts === true ? { id: '1' } : null,
    account: {
      id: '464472',
      username: author.split('@')[0],
      acct: author,
      display_name: 'Some One',
      locked: false,
      bot: more.bot ?? false,
      discoverable: true,
      group: false,
      created_at: more.joined ?? '2020-01-10T00:00:00.000Z',
      note: '',
      url: 'https://elsewhere.example/@someone',
      followers_count: 37,
      following_count: 41,
      statuses_count: 18_442,
      emojis: [],
      fields: [],
    },
    media_attachments: [],
    mentions: [],
    tags: [],
    emojis: [],
    card: null,
    poll: null,
  };
}

/** A frame of `wss://…/api/v1/streaming`: its payload is a string. */
export function mastodonFrame(event: string, payload: object | string): string {
  return JSON.stringify({ stream: ['hashtag', 'forex'], event, payload: typeof payload === 'string' ? payload : JSON.stringify(payload) });
}

export interface Skeet extends Said {
  readonly languages?: readonly string[];
  /** What the author's program says of the time, where it differs. */
  readonly createdAt?: number;
  readonly operation?: 'create' | 'update' | 'delete';
  /** In answer to another post, as about half of them are. */
  readonly answers?: boolean;
  /** With a picture. */
  readonly pictured?: boolean;
}

const CID = 'bafyreidwaivazkwu67xztlmuobx35hs2lnfh3kolmgfmucldvhd3sgzcqi';
const REFERENCE = { cid: CID, uri: 'at://did:plc:yfvwmnlztr4dwkb7hwz55r2g/app.bsky.feed.post/3l3qo2vuowo2b' };
const PICTURE = {
  $type: 'app.bsky.embed.images',
  images: [
    {
      alt: 'a made-up picture of a chart',
      aspectRatio: { height: 1_080, width: 1_920 },
      image: { $type: 'blob', ref: { $link: CID.replace('bafyrei', 'bafkrei') }, mimeType: 'image/jpeg', size: 512_000 },
    },
  ],
};

/** A commit as Jetstream sends it: keys of the record in the order of the alphabet, `<`, `>` and `&` escaped, as Go's encoder does. */
export function jetstreamCommit({
  id,
  author = 'did:plc:madeup1',
  text,
  at,
  languages = ['en'],
  createdAt = at,
  operation = 'create',
  ...more
}: Skeet): string {
  const record = {
    $type: 'app.bsky.feed.post',
    createdAt: iso(createdAt),
    ...(more.pictured === true ? { embed: PICTURE } : {}),
    langs: languages,
    ...(more.answers === true ? { reply: { parent: REFERENCE, root: REFERENCE } } : {}),
    text,
  };
  const commit = {
    rev: '3l3qo2vutsw2b',
    operation,
    collection: 'app.bsky.feed.post',
    rkey: id,
    ...(operation === 'delete' ? {} : { record, cid: CID }),
  };
  return JSON.stringify({ did: author, time_us: at * 1_000, kind: 'commit', commit })
    .replaceAll('&', '\\u0026')
    .replaceAll('<', '\\u003c')
    .replaceAll('>', '\\u003e');
}

/** An account event as Jetstream sends it, whatever collections were asked for. */
export function jetstreamAccount(author: string, at: number, status?: string): string {
  return JSON.stringify({
    did: author,
    time_us: at * 1_000,
    kind: 'account',
    account: { active: status === undefined, ...(status === undefined ? {} : { status }), did: author, seq: 1_409_753_013, time: iso(at) },
  });
}
