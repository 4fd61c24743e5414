import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ModelBench } from './model-bench.ts';

export const MODELS_DIR = path.resolve(import.meta.dirname, '../../plugins/models/models');

/** What an evaluation works with. */
export interface EvaluationContext {
  /** The shipped plugin, its models allowed and asked as the host's monitor would. */
  readonly bench: ModelBench;
  /** Folder of the original data; undefined for what the repository carries. */
  readonly data: string | undefined;
  /** Whether the last 12 months are looked at: false while a model is worked on. */
  readonly oneLook: boolean;
  /** Tells how it goes, on stderr. */
  say(line: string): void;
}

/** A table of the card. Cells are as printed: these are the figures that `--check` holds. */
export interface CardTable {
  readonly title: string;
  /** What one has to know to read it. Baselines, n and standard errors are in the table. */
  readonly note?: string;
  /** The first one is over what the rows are called. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface CardPlot {
  /** `reliability.svg` */
  readonly file: string;
  readonly svg: string;
  readonly caption: string;
}

export interface Evaluated {
  /** What the model answers and how it was made, in a few sentences. */
  readonly about: string;
  /** What was read, with the sha256 of each. */
  readonly data: readonly { readonly name: string; readonly sha256: string }[];
  /** How the data was split. */
  readonly split: string;
  readonly tables: readonly CardTable[];
  /** Titles of tables that this run could not make, because they need data that the repository may not carry (`--data`). */
  readonly left?: readonly string[];
  readonly plots: readonly CardPlot[];
  /** What it cannot do, where it fell short of its goal, what was tried. */
  readonly limits: readonly string[];
}

/** A figure that CI holds, on little data. */
export interface SmallBar {
  readonly name: string;
  readonly value: number;
  /** The least and the most that pass. */
  readonly from?: number;
  readonly to?: number;
}

/** How one model is measured: `tools/evaluate/<model>.ts` exports it as `evaluation`. */
export interface Evaluation {
  run(context: EvaluationContext): Promise<Evaluated>;
  /** The same on a piece of the data, in a second or so. */
  small?(context: EvaluationContext): Promise<readonly SmallBar[]>;
}

/** Models that are on disk and have an evaluation. */
export function evaluatedModels(): string[] {
  if (!existsSync(MODELS_DIR)) return [];
  return readdirSync(MODELS_DIR)
    .filter((model) => existsSync(path.join(MODELS_DIR, model, 'model.json')) && existsSync(path.join(import.meta.dirname, `${model}.ts`)))
    .sort();
}

export async function loadEvaluation(model: string): Promise<Evaluation> {
  const module = (await import(pathToFileURL(path.join(import.meta.dirname, `${model}.ts`)).href)) as { evaluation?: Evaluation };
  if (module.evaluation === undefined) throw new Error(`tools/evaluate/${model}.ts exports no "evaluation"`);
  return module.evaluation;
}
