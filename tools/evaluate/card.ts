import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { FEATURES_VERSION } from '@tickhub/plugin-sdk/features';
import { z } from 'zod';
import { MODELS_DIR } from './evaluation.ts';
import type { CardTable, Evaluated } from './evaluation.ts';

const Table = z.object({
  title: z.string(),
  note: z.string().optional(),
  columns: z.array(z.string()),
  rows: z.array(z.array(z.string())),
});

/** card.json: the card for machines. README.md beside it is the same for people, the plots included. */
export const Card = z.object({
  model: z.string(),
  version: z.string(),
  /** Of the weights that were evaluated. */
  sha256: z.string(),
  features: z.string(),
  tier: z.string(),
  question: z.string(),
  about: z.string(),
  data: z.array(z.object({ name: z.string(), sha256: z.string() })),
  split: z.string(),
  tables: z.array(Table),
  plots: z.array(z.object({ file: z.string(), caption: z.string() })),
  limits: z.array(z.string()),
});
export type Card = z.infer<typeof Card>;

/** What of model.json is on the card. */
const Identity = z.object({ id: z.string(), version: z.string(), sha256: z.string(), tier: z.string(), question: z.string() });

export const folderOf = (model: string): string => path.join(MODELS_DIR, model);

/** The card that was written last, or null. */
export function readCard(model: string): Card | null {
  const file = path.join(folderOf(model), 'card.json');
  return existsSync(file) ? Card.parse(JSON.parse(readFileSync(file, 'utf8'))) : null;
}

/** @param last the card before: tables that this run could not make are taken from it where the weights are the same. */
export function makeCard(model: string, evaluated: Evaluated, last: Card | null): Card {
  const { version, sha256, tier, question } = Identity.parse(JSON.parse(readFileSync(path.join(folderOf(model), 'model.json'), 'utf8')));
  const kept = last === null || last.sha256 !== sha256 ? [] : last.tables.filter(({ title }) => evaluated.left?.includes(title));
  const { about, data, split, tables, plots, limits } = evaluated;
  const sources = [...data, ...(kept.length > 0 ? (last?.data ?? []).filter(({ name }) => !data.some((one) => one.name === name)) : [])];
  return Card.parse({
    model,
    version,
    sha256,
    features: FEATURES_VERSION,
    tier,
    question,
    about,
    data: sources,
    split,
    tables: [...tables, ...kept],
    plots: plots.map(({ file, caption }) => ({ file, caption })),
    limits,
  });
}

/** The card for people, in Markdown. */
export function renderCard(card: Card): string {
  const lines = [
    `# ${card.model} ${card.version}`,
    '',
    `<!-- Written by \`npm run evaluate ${card.model}\`, as is every figure in it. -->`,
    '',
    `Question: ${card.question}. Lowest tier: ${card.tier}.`,
    '',
    card.about,
    '',
    '## Figures',
    ...card.tables.flatMap((table) => [
      '',
      `### ${table.title}`,
      '',
      ...renderTable(table),
      ...(table.note === undefined ? [] : ['', table.note]),
    ]),
    ...(card.plots.length === 0
      ? []
      : ['', '## Plots', ...card.plots.flatMap(({ file, caption }) => ['', `![${caption}](${file})`, '', caption])]),
    '',
    '## Data',
    '',
    `Split: ${card.split}. Features: version ${card.features} of \`@tickhub/plugin-sdk/features\`. Weights: sha256 \`${card.sha256}\`.`,
    '',
    '| data | sha256 |',
    '|---|---|',
    ...card.data.map(({ name, sha256 }) => `| ${name} | \`${sha256}\` |`),
    '',
    '## Limits',
    '',
    ...card.limits.map((limit) => `- ${limit}`),
    '',
  ];
  return lines.join('\n');
}

export function renderTable({ columns, rows }: Pick<CardTable, 'columns' | 'rows'>): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(columns), `|${columns.map((_, i) => (i === 0 ? '---' : '--:')).join('|')}|`, ...rows.map(line)];
}

/** Names and contents of all files of a card. */
export function cardFiles(card: Card, plots: Evaluated['plots']): readonly (readonly [string, string])[] {
  return [
    ['card.json', `${JSON.stringify(card, null, 2)}\n`],
    ['README.md', renderCard(card)],
    ...plots.map(({ file, svg }) => [file, svg] as const),
  ];
}

/** Writes them, each replaced by a rename. */
export function writeCard(model: string, files: ReturnType<typeof cardFiles>): void {
  const folder = folderOf(model);
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of files) {
    const file = path.join(folder, name);
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  }
}
