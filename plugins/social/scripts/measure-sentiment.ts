/**
 * `node scripts/run.mjs plugins/social/scripts/measure-sentiment.ts FOLDER`: how often the lexicon agrees with people. FOLDER has `SEntFiN.csv.gz` (Sinha et al.
 * 2021, MIT; headlines) and `tfns_train.csv.gz`, `tfns_valid.csv.gz` (Twitter financial news; not in this repository, since the tweets have terms of their own).
 * The lexicon was written with a look at the even rows of SEntFiN and at tfns_train; the figures are of the odd rows and of tfns_valid.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { score, STANCE_FROM } from '../src/sentiment/scorer.ts';

const LABELS = ['bearish', 'neutral', 'bullish'] as const;
type Label = (typeof LABELS)[number];
interface Row {
  readonly text: string;
  readonly label: Label;
}

const folder = process.argv[2];
if (folder === undefined) {
  console.error('usage: measure-sentiment.ts FOLDER');
  process.exit(2);
}

/** RFC 4180, with newlines inside quotes. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, bare, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    row.push(quoted === undefined ? (bare ?? '') : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    if (row.length > 1) rows.push(row);
    row = [];
  }
  return rows;
}

function read(file: string): string[][] {
  const bytes = readFileSync(path.join(folder ?? '', file));
  console.log(`${file}: sha256 ${createHash('sha256').update(bytes).digest('hex')}`);
  return parseCsv(gunzipSync(bytes).toString('utf8')).slice(1);
}

/** Headlines with one entity, whose label is the headline's then. `Decisions` is no JSON: apostrophes in names are not escaped. */
function headlines(): Row[] {
  const labels: Record<string, Label> = { positive: 'bullish', negative: 'bearish', neutral: 'neutral' };
  return read('SEntFiN.csv.gz').flatMap(([, text = '', decisions = '']) => {
    const found = [...decisions.matchAll(/['"]: '(positive|negative|neutral)'/g)];
    const label = found.length === 1 ? labels[found[0]?.[1] ?? ''] : undefined;
    return label === undefined ? [] : [{ text, label }];
  });
}

function tweets(file: string): Row[] {
  const labels: Record<string, Label> = { 0: 'bearish', 1: 'bullish', 2: 'neutral' };
  return read(file).flatMap(([text = '', number = '']) => {
    const label = labels[number];
    return label === undefined ? [] : [{ text, label }];
  });
}

/** Two tweets that differ in their address and numbers only are one. */
const bare = (text: string): string =>
  text
    .replace(/https?:\/\/\S+/g, '')
    .replace(/\d+/g, '')
    .replace(/\s+/g, ' ')
    .trim()
    .toLowerCase();

function judge(text: string): Label {
  const value = score(text) ?? 0;
  return value >= STANCE_FROM ? 'bullish' : value <= -STANCE_FROM ? 'bearish' : 'neutral';
}

function measure(name: string, rows: readonly Row[]): void {
  const guesses = rows.map(({ text, label }) => ({ label, guess: judge(text) }));
  const share = (label: Label): number => rows.filter((row) => row.label === label).length / rows.length;
  const f1 = (of: Label, taken: readonly { label: Label; guess: Label }[]): number => {
    const hits = taken.filter(({ label, guess }) => label === of && guess === of).length;
    const named = taken.filter(({ guess }) => guess === of).length + taken.filter(({ label }) => label === of).length;
    return named === 0 ? 0 : (2 * hits) / named;
  };
  const macro = (taken: readonly { label: Label; guess: Label }[]): number =>
    LABELS.reduce((sum, label) => sum + f1(label, taken), 0) / LABELS.length;
  const majority = LABELS.reduce((most, label) => (share(label) > share(most) ? label : most));
  const baseline = rows.map(({ label }) => ({ label, guess: majority }));
  const accuracy = guesses.filter(({ label, guess }) => label === guess).length / rows.length;
  const silent = rows.filter(({ text }) => score(text) === null).length / rows.length;
  const sided = guesses.filter(({ label, guess }) => label !== 'neutral' && guess !== 'neutral');
  const right = sided.filter(({ label, guess }) => label === guess).length / sided.length;
  console.log(
    `${name}: ${rows.length} rows (${LABELS.map((label) => `${label} ${percent(share(label))}`).join(', ')})
  accuracy ${percent(accuracy)} (always "${majority}": ${percent(share(majority))}), macro-F1 ${macro(guesses).toFixed(3)} (always "${majority}": ${macro(baseline).toFixed(3)})
  F1 ${LABELS.map((label) => `${label} ${f1(label, guesses).toFixed(3)}`).join(', ')}; no word known in ${percent(silent)}
  where both take a side (${percent(sided.length / rows.length)}): right in ${percent(right)}`,
  );
}

const percent = (part: number): string => `${(part * 100).toFixed(1)} %`;

const all = headlines();
const train = tweets('tfns_train.csv.gz');
const known = new Set(train.map(({ text }) => bare(text)));
const held = tweets('tfns_valid.csv.gz').filter(({ text }) => !known.has(bare(text)));
if (process.argv.includes('--look')) {
  measure(
    'SEntFiN, even rows (looked at)',
    all.filter((_, at) => at % 2 === 0),
  );
  measure('tfns_train (looked at)', train);
} else {
  measure(
    'SEntFiN, odd rows',
    all.filter((_, at) => at % 2 === 1),
  );
  measure('tfns_valid without rows of tfns_train', held);
}
