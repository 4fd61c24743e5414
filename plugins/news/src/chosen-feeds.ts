import type { Config } from './config.ts';
import { PUBLIC_FEEDS } from './public-feeds.ts';

/** A feed that is asked, or that would be. */
export interface ChosenFeed {
  readonly name: string;
  readonly url: string;
  readonly zone: string;
  readonly language: string | undefined;
  readonly everyMs: number;
  /** Why it is not asked, in words for a person; null when it is. */
  readonly off: string | null;
}

/** The feeds that the config chooses: those of the public list, and the user's own, which replace those of the same name. */
export function chosenFeeds(config: Config): ChosenFeed[] {
  const own = new Map(config.feeds.map((feed) => [feed.name, feed]));
  const wanted = PUBLIC_FEEDS.filter(({ name, enabled }) => {
    if (own.has(name) || config.off.includes(name)) return false;
    return config.on.includes(name) || (enabled && config.publicFeeds);
  });
  return [
    ...wanted.map(({ name, url, zone, language, everyMs, needsContact }) => ({
      name,
      url,
      zone,
      language,
      everyMs,
      off: needsContact === true && config.contact === undefined ? 'its server wants to know whom to write to: set "contact"' : null,
    })),
    ...[...own.values()].map(({ name, url, zone, language, everyMs }) => ({
      name,
      url,
      zone,
      language,
      everyMs: everyMs ?? config.everyMs,
      off: null,
    })),
  ];
}
