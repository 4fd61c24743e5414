/**
 * `npm run evaluate [MODEL...] [--data DIR] [--check] [--without-one-look]`: measures the shipped models through the shipped plugin and writes their cards.
 * With --check it writes nothing, and fails where a committed card says something else to the printed digit. Without the one look it prints the tables only.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type { PluginDefinition } from '@tickhub/plugin-sdk';
import { evaluateAgents } from './agents.ts';
import { cardFiles, folderOf, makeCard, readCard, renderTable, writeCard } from './card.ts';
import { compareCards } from './compare-cards.ts';
import { evaluatedModels, loadEvaluation, MODELS_DIR } from './evaluation.ts';
import { ModelBench } from './model-bench.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string' },
    check: { type: 'boolean', default: false },
    'without-one-look': { type: 'boolean', default: false },
  },
});

async function loadPlugin(): Promise<PluginDefinition> {
  const { default: plugin } = (await import(pathToFileURL(path.join(MODELS_DIR, '..', 'dist', 'index.js')).href)) as {
    default: PluginDefinition;
  };
  return plugin;
}

async function ofAgents(): Promise<string[]> {
  const say = (line: string): void => console.error(`${AGENTS}: ${line}`);
  const { data, check } = values;
  return evaluateAgents({ data, check, oneLook: !values['without-one-look'], plugin: await loadPlugin(), say });
}

async function evaluate(model: string): Promise<string[]> {
  const began = performance.now();
  const say = (line: string): void => console.error(`${model} ${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s: ${line}`);
  const evaluation = await loadEvaluation(model);
  const bench = await ModelBench.open(await loadPlugin());
  try {
    const oneLook = !values['without-one-look'];
    const evaluated = await evaluation.run({ bench, data: values.data, oneLook, say });
    const last = readCard(model);
    const card = makeCard(model, evaluated, last);
    for (const table of evaluated.tables) console.log(['', `### ${model}: ${table.title}`, '', ...renderTable(table)].join('\n'));
    for (const title of evaluated.left ?? []) say(`"${title}" needs data that the repository may not carry: --data DIR`);
    const files = cardFiles(card, evaluated.plots);
    if (values.check) return last === null ? ['there is no card.json'] : differences(model, compareCards(last, card), files);
    if (oneLook) writeCard(model, files);
    say(oneLook ? `the card is in ${folderOf(model)}` : 'nothing is written without the one look');
    return [];
  } finally {
    await bench.close();
  }
}

/** Named figures first; a plot or a word that differs is told by its file. */
function differences(model: string, figures: readonly string[], files: ReturnType<typeof cardFiles>): string[] {
  if (figures.length > 0) return [...figures];
  return files
    .filter(
      ([name, text]) => !existsSync(path.join(folderOf(model), name)) || readFileSync(path.join(folderOf(model), name), 'utf8') !== text,
    )
    .map(([name]) => `${name} is not what this run writes`);
}

/** Not a model: what agents do to the models' forecasts, which docs/agents.md has. */
const AGENTS = 'agents';
const known = [...evaluatedModels(), AGENTS];
const unknown = positionals.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`evaluate: no model and evaluation of the name ${unknown.join(', ')}; there are ${known.join(', ') || 'none'}`);
  process.exit(1);
}
let failed = false;
for (const model of positionals.length > 0 ? positionals : known) {
  try {
    const found = await (model === AGENTS ? ofAgents() : evaluate(model));
    for (const line of found) console.error(`${model}: ${line}`);
    failed ||= found.length > 0;
  } catch (error) {
    failed = true;
    console.error(`${model}: ${(error as Error).stack ?? String(error)}`);
  }
}
if (values.check) console.error(failed ? 'evaluate: the cards do not say what was found' : 'evaluate: every figure is as the cards say');
// Native sessions may hold the process.
process.exit(failed ? 1 : 0);
