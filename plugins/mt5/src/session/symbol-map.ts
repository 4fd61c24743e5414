import { aliasedName, aliasesOf, pairName } from './symbol-names.ts';

/**
 * From a broker's name of a symbol to the canonical one that tiers count and subscribers ask for. In this order, and the first that says something is
 * the last that is asked:
 * 1. `map`: what the user says of exactly this name;
 * 2. `rules`: the first of the user's regular expressions that matches;
 * 3. `prefixes` and `suffixes` that the user lists are cut off, the longest that fits first, and what is left goes on;
 * 4. `auto`: a pair loses the dressings that brokers give it for an account type (`EURUSDm`, `EURUSD.x`, `.EURUSD`, `EUR/USD` become `EURUSD`);
 * 5. `aliases`: an instrument of many names gets one (`GOLD` is `XAUUSD`, `USTECm` and `NAS100.cash` are `US100`), undressed where `auto` is on.
 * Anything else keeps its name: `EURUSD-SEP26`, `AAPL.NAS` and `EURUSD.fut` are left alone, since cutting there could merge two instruments.
 */
export interface MappingRules {
  /** Broker's name -> canonical name. */
  readonly map: Readonly<Record<string, string>>;
  /** `match` is a regular expression; `to` may have `$1` in it. */
  readonly rules: readonly { readonly match: string; readonly to: string }[];
  readonly prefixes: readonly string[];
  readonly suffixes: readonly string[];
  readonly auto: boolean;
  readonly aliases: boolean;
}

/** Words for an account type behind a name. Not here on purpose: months, `fut`, `fwd`, which name another instrument. */
const WORDS = 'pro|raw|ecn|stp|std|vip|mini|micro|cent|prime|zero|spot|nano|plus|sml|fx|pm';
const ANY_CASE = WORDS.replaceAll(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
const MARK = '[.#+!^*_-]';
/** `m`, `.x`, `-ECN`, `_i`, `#`, `pro`, `-ECNc`, and one mark more. */
const TAIL = new RegExp(`^(?:${MARK}|${MARK}?(?:[a-z]|(?:${WORDS})[a-z]?)|${MARK}(?:[A-Z]|(?:${ANY_CASE})[a-z]?))?[.#+!]?$`);
/** Of an index or an energy: the contract for difference on the price of today, and no single `f`, which is a future's. */
const CASH_TAIL = /^[._-]?[Cc]ash$/;
const FUTURE_TAIL = /^[._-]?f$/;
/** In front: a mark, a small letter, a letter and a mark, Deriv's words, `FX.`. */
const HEAD = /^(?:[#._]|[a-z]|[A-Za-z][._-]|frx|cry|FX[.:_])$/;
const LONGEST_HEAD = 3;

/** The shortest name that cutting may leave. */
const MIN_LEFT = 2;
/** Names that are remembered for a mapping: more than any broker has. */
const MOST_KNOWN = 50_000;
const MOST_LETTERS = 64;

interface Compiled {
  readonly rules: readonly { readonly match: RegExp; readonly to: string }[];
  readonly known: Map<string, string>;
}
const compiled = new WeakMap<MappingRules, Compiled>();

function compile(rules: MappingRules): Compiled {
  let made = compiled.get(rules);
  if (made === undefined) {
    made = { rules: rules.rules.map(({ match, to }) => ({ match: new RegExp(match), to })), known: new Map() };
    compiled.set(rules, made);
  }
  return made;
}

/** The canonical name of a broker's symbol. */
export function canonicalName(raw: string, rules: MappingRules): string {
  const { known } = compile(rules);
  const found = known.get(raw);
  if (found !== undefined) return found;
  const name = userName(raw, rules) ?? knownName(cutListed(raw, rules), rules);
  if (known.size < MOST_KNOWN) known.set(raw, name);
  return name;
}

/**
 * How much says that `raw` is what `canonical` means, where several of a broker's names become one: 3 the user names it, 2 it is the very name, 1 the user's
 * prefixes and suffixes lead to it, 0 only the general rules do.
 */
function strengthOf(raw: string, canonical: string, rules: MappingRules): number {
  if (userName(raw, rules) === canonical) return 3;
  if (raw === canonical) return 2;
  return cutListed(raw, rules) === canonical ? 1 : 0;
}

/** Why a name of that strength goes before a weaker one; of equals the first that was announced does. */
const REASONS = ['was announced first', 'your prefixes and suffixes lead to', 'is the very name', 'you name in the config'];

/**
 * Which of two of a broker's names that become one is taken: `true` for the one that came later. `why` ends the sentence "..., which".
 */
export function collide(
  first: string,
  later: string,
  canonical: string,
  rules: MappingRules,
): { readonly laterWins: boolean; readonly why: string } {
  const [had, has] = [strengthOf(first, canonical, rules), strengthOf(later, canonical, rules)];
  return { laterWins: has > had, why: REASONS[had === has ? 0 : Math.max(had, has)] ?? '' };
}

/** What the broker may call a canonical name: to ask the terminal for a symbol that it has not announced. The user's `rules` cannot be turned round. */
export function possibleRawNames(canonical: string, rules: MappingRules): string[] {
  const mapped = Object.entries(rules.map).flatMap(([raw, name]) => (name === canonical ? [raw] : []));
  if (mapped.length > 0) return mapped;
  const bare = rules.aliases ? [canonical, ...aliasesOf(canonical)] : [canonical];
  return bare.flatMap((name) => [
    name,
    ...rules.suffixes.map((suffix) => name + suffix),
    ...rules.prefixes.flatMap((prefix) => [prefix + name, ...rules.suffixes.map((suffix) => prefix + name + suffix)]),
  ]);
}

/** What `map` or `rules` say; null where they say nothing. */
function userName(raw: string, rules: MappingRules): string | null {
  if (Object.hasOwn(rules.map, raw)) return rules.map[raw] ?? null;
  const rule = compile(rules).rules.find(({ match }) => match.test(raw));
  const name = rule === undefined ? '' : raw.replace(rule.match, rule.to);
  return name === '' ? null : name;
}

function knownName(name: string, rules: MappingRules): string {
  if (!rules.auto) return (rules.aliases ? aliasedName(name) : null) ?? name;
  if (name.length > MOST_LETTERS) return name;
  const inside = /^\[(.+)\]$/.exec(name)?.[1];
  if (inside !== undefined && rules.aliases && aliasedName(inside) !== null) return aliasedName(inside) ?? name;
  // The longest body that means something.
  for (let end = name.length; end > MIN_LEFT; end--) {
    for (let start = 0; start <= LONGEST_HEAD && end - start > MIN_LEFT; start++) {
      const head = name.slice(0, start);
      if (start > 0 && !HEAD.test(head)) continue;
      const found = bodyName(head, name.slice(start, end), name.slice(end), rules.aliases);
      if (found !== null) return found;
    }
  }
  return name;
}

function bodyName(head: string, body: string, tail: string, aliases: boolean): string | null {
  const ordinary = TAIL.test(tail);
  if (ordinary) {
    const pair = pairName(body);
    if (pair !== null) return pair;
  }
  const alias = aliases ? aliasedName(body) : null;
  if (alias === null) return null;
  const lettersOnly = /^[A-Za-z]+$/.test(body);
  // `#GOLD` is a share at brokers that mark shares so.
  if (lettersOnly && head === '#') return null;
  const isPair = pairName(alias) !== null;
  return (ordinary && (isPair || !FUTURE_TAIL.test(tail))) || (!isPair && CASH_TAIL.test(tail)) ? alias : null;
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
