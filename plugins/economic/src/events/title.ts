import { createHash } from 'node:crypto';

const MAX_LENGTH = 96;

/**
 * What is left of a title when spelling, spaces and signs may change: `Core CPI m/m` and `core  CPI m/m ` are both `core-cpi-m-m`. `Prelim`, `Flash` and
 * `Final` stay, since they are different releases.
 */
export function normalisedTitle(title: string): string {
  const slug = title
    .normalize('NFKD')
    .replaceAll(/\p{M}+/gu, '')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-+|-+$/g, '');
  if (slug !== '' && slug.length <= MAX_LENGTH) return slug;
  // Long titles that begin alike stay apart.
  const digest = createHash('sha256').update(title).digest('hex').slice(0, 12);
  return slug === '' ? `event-${digest}` : `${slug.slice(0, MAX_LENGTH)}-${digest}`;
}
