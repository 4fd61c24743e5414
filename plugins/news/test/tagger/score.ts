import { tag } from '../../src/tag/tagger.ts';
import { labelled } from './sample.ts';

export interface Score {
  readonly count: number;
  /** Headlines with every code, and no other. */
  readonly exact: number;
  /** Codes given that are right; codes wanted that are given. */
  readonly precision: number;
  readonly recall: number;
  readonly faults: readonly string[];
}

export function score(file: 'own.tsv' | 'sentfin.tsv'): Score {
  const rows = labelled(file);
  const faults: string[] = [];
  let [right, given, wanted] = [0, 0, 0];
  for (const { headline, symbols, currencies } of rows) {
    const tags = tag(headline);
    const got = new Set([...tags.symbols, ...tags.currencies]);
    const want = new Set([...symbols, ...currencies]);
    right += [...got].filter((code) => want.has(code)).length;
    given += got.size;
    wanted += want.size;
    const [extra, missed] = [[...got].filter((code) => !want.has(code)), [...want].filter((code) => !got.has(code))];
    if (extra.length + missed.length > 0) faults.push(`${headline}: not [${extra.join(' ')}], but [${missed.join(' ')}]`);
  }
  return { count: rows.length, exact: rows.length - faults.length, precision: right / given, recall: right / wanted, faults };
}
