import type { PolledSource } from '@tickhub/plugin-sdk';
import type { StockTwitsConfig } from '../config.ts';
import { Continuity, jsonOf } from './network.ts';
import type { NetworkTerms, RunningNetwork } from './network.ts';
import { parseStream } from './stocktwits-shapes.ts';

const HOUR_MS = 3_600_000;
/** Of about 200 that are allowed without a key, so that a restart or two within the hour still fit. */
const REQUESTS_AN_HOUR = 150;

/** How often each symbol is asked for, in milliseconds: as the config says, and slower where that would be more requests than are allowed. */
export function stockTwitsEveryMs({ everySeconds, symbols }: StockTwitsConfig): number {
  return Math.max(everySeconds * 1_000, Math.ceil((symbols.length * HOUR_MS) / REQUESTS_AN_HOUR));
}

/** The public stream of each symbol, without a key. */
export function startStockTwits(config: StockTwitsConfig, version: string, terms: NetworkTerms): RunningNetwork {
  const sources = config.symbols.map((symbol) => stream(symbol, config, version, terms));
  for (const source of sources) terms.poller.add(source);
  return { sources: sources.map(({ name }) => name) };
}

function stream(symbol: string, config: StockTwitsConfig, version: string, terms: NetworkTerms): PolledSource {
  const name = `social:stocktwits:${symbol}`;
  const continuity = new Continuity();
  return {
    name,
    everyMs: stockTwitsEveryMs(config),
    request: () => {
      const url = new URL(`/api/2/streams/symbol/${encodeURIComponent(symbol)}.json`, config.apiUrl);
      const since = terms.cursors.get(name);
      if (since !== undefined) url.searchParams.set('since', String(since));
      return { url: url.href, headers: { 'user-agent': `tickhub/${version}`, accept: 'application/json' } };
    },
    take: async (answer) => {
      const { posts, newest, more } = parseStream(jsonOf(answer), (reason) =>
        terms.log.debug(`${name}: a message that cannot be read: ${reason}`),
      );
      const now = terms.clock.now();
      for (const post of posts) terms.take({ kind: 'post', post }, now);
      const asked = terms.cursors.get(name) ?? 0;
      if (newest > asked) terms.cursors.set(name, newest);
      terms.listened(
        name,
        continuity.look(
          now,
          posts.map(({ at }) => at),
          more,
        ),
        now,
      );
      await terms.keep();
    },
  };
}
