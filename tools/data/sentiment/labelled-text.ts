import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { hash32 } from '../../../plugins/models/src/sentiment/text/hash.ts';
import type { Span } from '../../../plugins/models/src/sentiment/text/tokens.ts';
import { csvRows } from './csv.ts';

/** In the order of the model's output. */
export const CLASSES = ['negative', 'neutral', 'positive'] as const;
export type ClassIndex = 0 | 1 | 2;

export interface LabelledText {
  readonly text: string;
  /** What it is said of; none where it is said of the text as a whole. */
  readonly spans: readonly Span[];
  readonly entity: string | null;
  readonly label: ClassIndex;
  /** The text without URLs, numbers, marks and case: equal texts are equal by this. */
  readonly folded: string;
}

export interface LabelledFile {
  readonly rows: readonly LabelledText[];
  readonly sha256: string;
}

/** One headline in five is never trained on: those whose hash with this seed says so. By headline, so that none is on both sides. */
const SPLIT_SEED = 20_170_101;
export const isHeldOut = ({ folded }: LabelledText): boolean => hash32(folded, SPLIT_SEED) % 5 === 0;
/** Which of five parts of the training data a text is in, for cross-validation. */
export const foldOf = ({ folded }: LabelledText): number => hash32(folded, SPLIT_SEED + 1) % 5;

export function fold(text: string): string {
  return text
    .toLowerCase()
    .replace(/https?:\/\/\S+/g, ' ')
    .replace(/[^\p{L}]+/gu, ' ')
    .trim();
}

/** SEntFiN 1.0 (Sinha, Kedas, Kumar, Malo 2021, MIT): a row per headline and entity. Lies in the repository. */
export function readSentfin(): LabelledFile {
  const { text, sha256 } = unzipped(path.join(import.meta.dirname, 'SEntFiN.csv.gz'));
  const rows = csvRows(text)
    .slice(1)
    .flatMap(([, title = '', decisions = '']) => entitiesOf(title, decisions));
  return { rows, sha256 };
}

/**
 * Twitter financial news sentiment. Not in the repository: the tweets' own terms apply.
 * @param dir the folder that has `sentiment` in it.
 */
export function readTfns(dir: string, part: 'train' | 'valid'): LabelledFile {
  const { text, sha256 } = unzipped(path.join(dir, 'sentiment', `tfns_${part}.csv.gz`));
  // 0 bearish, 1 bullish, 2 neutral.
  const labels: Readonly<Record<string, ClassIndex>> = { 0: 0, 1: 2, 2: 1 };
  const rows = csvRows(text)
    .slice(1)
    .map(([post = '', label = '']): LabelledText => {
      const known = labels[label];
      if (known === undefined) throw new Error(`tfns_${part}.csv.gz: there is no class "${label}"`);
      return { text: post, spans: [], entity: null, label: known, folded: fold(post) };
    });
  return { rows, sha256 };
}

function unzipped(file: string): { text: string; sha256: string } {
  const bytes = readFileSync(file);
  return { text: gunzipSync(bytes).toString('utf8'), sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** `{'Asian Paints': 'positive', "Lloyd's": 'neutral'}`: Python's dict, apostrophes not always escaped. */
const DECISION = /["'](.+?)["']: ["'](positive|negative|neutral)["']/g;

function entitiesOf(title: string, decisions: string): LabelledText[] {
  const rows: LabelledText[] = [];
  for (const [, written = '', label = ''] of decisions.matchAll(DECISION)) {
    const span = spanOf(title, written);
    // 19 entities were spoilt by whoever replaced words in the source: "Bajaj Holdings" is "Bajaj neutralings".
    if (span === null) continue;
    const index = CLASSES.indexOf(label as (typeof CLASSES)[number]) as ClassIndex;
    rows.push({ text: title, spans: [span], entity: written, label: index, folded: fold(title) });
  }
  return rows;
}

function spanOf(title: string, entity: string): Span | null {
  for (let from = title.indexOf(entity); from >= 0; from = title.indexOf(entity, from + 1)) {
    const to = from + entity.length;
    if (!/\p{L}/u.test(title[from - 1] ?? ' ') && !/\p{L}/u.test(title[to] ?? ' ')) return { from, to };
  }
  const from = title.indexOf(entity);
  return from < 0 ? null : { from, to: from + entity.length };
}
