import { z } from 'zod';
import { RecordBodies } from '../records/bodies.ts';
import { isZone } from '../time/zone.ts';
import type { Feed, FeedMapping } from './feed.ts';

/** One thing that is wrong with a feed, at a path below `feed`. */
export interface FeedProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

const OF_TICKS = ['symbol', 'time', 'bid', 'ask', 'last', 'volume', 'ordinal'] as const;
const OF_RECORDS = ['symbol', 'time', 'key', 'sourceTime', 'body'] as const;
const SOURCES = ['at', 'const', 'template', 'now', 'fields', 'list'] as const;
const SECRET = /\{env:([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** What a body has where the feed does not say; the rest of what a stream's body needs must be mapped. */
export const BODY_DEFAULTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  news: { symbols: [], currencies: [], timeQuality: 'exact' },
  calendar: { kind: 'scheduled', timed: true, forecast: null, previous: null, actual: null, symbols: [] },
  bars: { closed: true },
};
/** The same, filled with the plugin's id. */
export const NAMED_AFTER_PLUGIN: Readonly<Record<string, string>> = { news: 'feed', calendar: 'provider' };

/** Everything about a feed that its schema cannot say. @param env the manifest's `permissions.env`. */
export function feedProblems(feed: Feed, env: readonly string[]): FeedProblem[] {
  return [...sourceProblems(feed, env), ...mapProblems(feed)];
}

function sourceProblems({ source }: Feed, env: readonly string[]): FeedProblem[] {
  const problems: FeedProblem[] = [];
  const schemes = source.type === 'http' ? ['http:', 'https:'] : ['ws:', 'wss:'];
  const url = URL.parse(source.url.replace(SECRET, 'x'));
  if (url === null || !schemes.includes(url.protocol)) {
    problems.push({
      path: ['source', 'url'],
      message: `is no address that begins with ${schemes.map((scheme) => `${scheme}//`).join(' or ')}`,
    });
  } else if (/^[a-z]+:\/\/[^/?#]*\{env:/i.test(source.url)) {
    problems.push({
      path: ['source', 'url'],
      message: 'has a variable in its host; the host must be known, since it is what the plugin may reach',
    });
  }
  const texts: [path: (string | number)[], text: string][] = [
    [['source', 'url'], source.url],
    ...Object.entries(source.headers).map(([name, text]): [string[], string] => [['source', 'headers', name], text]),
  ];
  if (source.type === 'http' && source.body !== undefined) texts.push([['source', 'body'], source.body]);
  if (source.type === 'websocket') {
    source.subscribe.forEach((message, index) => texts.push([['source', 'subscribe', index], JSON.stringify(message)]));
    if (source.keepAlive !== undefined) texts.push([['source', 'keepAlive', 'send'], JSON.stringify(source.keepAlive.send)]);
  }
  for (const [path, text] of texts) {
    for (const [, name = ''] of text.matchAll(SECRET)) {
      if (!env.includes(name)) problems.push({ path, message: `reads the variable ${name}, which permissions.env does not name` });
    }
  }
  if (source.type === 'http' && source.at !== undefined && !isZone(source.at.zone)) {
    problems.push({ path: ['source', 'at', 'zone'], message: `"${source.at.zone}" is no IANA zone such as "Europe/London"` });
  }
  return problems;
}

function mapProblems(feed: Feed): FeedProblem[] {
  const { map, to } = feed;
  const problems: FeedProblem[] = [];
  const allowed: readonly string[] = to === 'ticks' ? OF_TICKS : OF_RECORDS;
  for (const name of Object.keys(map)) {
    if (!allowed.includes(name)) problems.push({ path: ['map', name], message: `is no field of ${to}; there are ${allowed.join(', ')}` });
  }
  const need = (name: 'symbol' | 'time' | 'key' | 'body', why = ''): void => {
    if (map[name] === undefined) problems.push({ path: ['map', name], message: `is missing${why}` });
  };
  need('time');
  if (to === 'ticks') {
    need('symbol');
    if (map.bid === undefined && map.ask === undefined && map.last === undefined) {
      problems.push({ path: ['map', 'bid'], message: 'is missing: a tick has a bid, an ask or a last price' });
    }
  } else {
    need('body');
    if (feed.source.type === 'http' && feed.source.format !== 'rss') {
      need('key', ': without an identity, each look at the document would publish all of it again');
    }
    problems.push(...bodyProblems(to, map.body ?? {}));
  }
  for (const [name, value] of Object.entries(map)) {
    if (name === 'body')
      for (const [field, inner] of Object.entries(map.body ?? {})) problems.push(...valueProblems(inner, ['map', 'body', field]));
    else problems.push(...valueProblems(value as string | FeedMapping, ['map', name]));
  }
  return problems;
}

function bodyProblems(to: Exclude<Feed['to'], 'ticks'>, body: Readonly<Record<string, unknown>>): FeedProblem[] {
  const schema: z.ZodType = RecordBodies[to];
  // A body of several kinds, or one that is the plugin's own affair, is held against its schema row by row.
  if (!(schema instanceof z.ZodObject)) return [];
  const shape = schema.shape as Readonly<Record<string, z.ZodType>>;
  const unknown = Object.keys(body)
    .filter((name) => !(name in shape))
    .map((name) => ({ path: ['map', 'body', name], message: `is no field of ${to}; there are ${Object.keys(shape).join(', ')}` }));
  const given = new Set([...Object.keys(body), ...Object.keys(BODY_DEFAULTS[to] ?? {}), NAMED_AFTER_PLUGIN[to]]);
  const missing = Object.entries(shape)
    .filter(([name, field]) => !given.has(name) && !field.safeParse(undefined).success)
    .map(([name]) => ({ path: ['map', 'body', name], message: 'is missing' }));
  return [...unknown, ...missing];
}

function valueProblems(value: string | FeedMapping, path: readonly (string | number)[]): FeedProblem[] {
  if (typeof value === 'string') return [];
  const problems: FeedProblem[] = [];
  const given = SOURCES.filter((name) => value[name] !== undefined);
  if (given.length !== 1) {
    problems.push({
      path,
      message: `needs exactly one of ${SOURCES.map((name) => `"${name}"`).join(', ')}; it has ${given.length === 0 ? 'none' : given.join(' and ')}`,
    });
  }
  if (value.zone !== undefined && !isZone(value.zone))
    problems.push({ path: [...path, 'zone'], message: `"${value.zone}" is no IANA zone such as "Europe/London"` });
  for (const [name, inner] of Object.entries(value.fields ?? {})) problems.push(...valueProblems(inner, [...path, 'fields', name]));
  (value.list ?? []).forEach((inner, index) => problems.push(...valueProblems(inner, [...path, 'list', index])));
  return problems;
}
