/** One calendar split for all symbols, because the volatility of currencies is common: a split per symbol would leak. UTC. */
export const VALIDATE_FROM = Date.UTC(2017, 0, 1);
export const TEST_FROM = Date.UTC(2018, 0, 15);
/** The last 12 months, looked at once, with frozen weights. */
export const ONE_LOOK_FROM = Date.UTC(2021, 2, 1);
export const VALIDATE_UNTIL = Date.UTC(2018, 0, 1);

export const PARTS = ['train', 'validate', 'test', 'one-look'] as const;
export type Part = (typeof PARTS)[number];

/** In words, for the cards. */
export const SPLIT_TEXT =
  'train before 2017-01-01, validate 2017, test 2018-01-15 to 2021-02-28, one look 2021-03-01 on; what reaches over a border belongs to no part';

/**
 * The part that a question asked at `at` belongs to, or null where its outcome is in another part: that is the embargo.
 * @param at close of the last bar that the question's inputs have, ms.
 * @param until close of the last bar that its outcome has, ms.
 */
export function partOf(at: number, until: number): Part | null {
  const part = partAt(at);
  return part === partAt(until) ? part : null;
}

function partAt(time: number): Part | null {
  if (time < VALIDATE_FROM) return 'train';
  if (time < VALIDATE_UNTIL) return 'validate';
  if (time < TEST_FROM) return null;
  return time < ONE_LOOK_FROM ? 'test' : 'one-look';
}
