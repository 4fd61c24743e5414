/**
 * From a broker's name of a symbol to the canonical one that tiers count and subscribers ask for. In this order:
 * 1. `map`: what the user says of exactly this name;
 * 2. `prefixes` and `suffixes` that the user lists are cut off, the longest that fits first;
 * 3. `auto`: a pair of two ISO currencies or a metal and a currency, written in capitals, loses the dressings brokers give it
 *    (`EURUSDm`, `EURUSD.x`, `EURUSD#`, `m.EURUSD`, `EUR/USD` become `EURUSD`).
 * Anything else keeps its name: `US30.cash`, `BTCUSD.x` and `EURUSD-SEP26` are left alone, since cutting there could merge two instruments.
 */

export interface MappingRules {
  /** Broker's name -> canonical name. */
  readonly map: Readonly<Record<string, string>>;
  readonly prefixes: readonly string[];
  readonly suffixes: readonly string[];
  readonly auto: boolean;
}

/** ISO 4217 codes of the currencies that retail brokers quote, and the metals they quote against them. */
const CURRENCIES = new Set(
  (
    'USD EUR GBP JPY CHF AUD NZD CAD SEK NOK DKK PLN CZK HUF RON BGN ISK TRY RUB UAH ILS ZAR MXN BRL CLP COP ARS PEN ' +
    'CNH CNY HKD SGD TWD KRW INR IDR MYR THB PHP VND SAR AED QAR KWD BHD OMR JOD EGP NGN KES KZT GEL'
  ).split(' '),
);
const METALS = new Set(['XAU', 'XAG', 'XPT', 'XPD']);

/** Words for an account type behind a pair. Not here on purpose: months, `fut`, `fwd`, `cash`, which name another instrument. */
const WORDS = 'pro|raw|ecn|stp|std|vip|mini|micro|cent|prime|zero|spot|nano|plus';
const PREFIX = /^(?:[#._]|[a-z]|[A-Za-z][._-])?/;
const BODY = /([A-Z]{3})\/?([A-Z]{3})/;
const SUFFIX = new RegExp(`(?:[.#+!^*_-]|[.#+!^*_-]?(?:[a-z]|${WORDS})|[.#+!^*_-](?:[A-Z]|${WORDS.toUpperCase()}))?[.#+!]?$`);
const DRESSED = new RegExp(PREFIX.source + BODY.source + SUFFIX.source);

/** The shortest name that cutting may leave. */
const MIN_LEFT = 2;

/** The canonical name of a broker's symbol. */
export function canonicalName(raw: string, rules: MappingRules): string {
  if (Object.hasOwn(rules.map, raw)) return rules.map[raw] ?? raw;
  const cut = cutListed(raw, rules);
  if (!rules.auto) return cut;
  const parts = DRESSED.exec(cut);
  const [, base, quote] = parts ?? [];
  if (base === undefined || quote === undefined || base === quote) return cut;
  return (CURRENCIES.has(base) || METALS.has(base)) && CURRENCIES.has(quote) ? base + quote : cut;
}

/** What the broker may call a canonical name: to ask the terminal for a symbol that it has not announced. */
export function possibleRawNames(canonical: string, rules: MappingRules): string[] {
  const mapped = Object.entries(rules.map).flatMap(([raw, name]) => (name === canonical ? [raw] : []));
  if (mapped.length > 0) return mapped;
  const names = [canonical];
  for (const suffix of rules.suffixes) names.push(canonical + suffix);
  for (const prefix of rules.prefixes) names.push(prefix + canonical, ...rules.suffixes.map((suffix) => prefix + canonical + suffix));
  return names;
}

function cutListed(raw: string, rules: MappingRules): string {
  const suffix = longest(rules.suffixes, (it) => raw.endsWith(it) && raw.length - it.length >= MIN_LEFT);
  const head = raw.slice(0, raw.length - suffix.length);
  const prefix = longest(rules.prefixes, (it) => head.startsWith(it) && head.length - it.length >= MIN_LEFT);
  return head.slice(prefix.length);
}

function longest(candidates: readonly string[], fits: (candidate: string) => boolean): string {
  let best = '';
  for (const candidate of candidates) if (candidate.length > best.length && fits(candidate)) best = candidate;
  return best;
}
