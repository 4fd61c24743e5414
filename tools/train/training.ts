import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** What the training of one model works with. */
export interface TrainingJob {
  readonly model: string;
  /** Folder for arrays, of this model alone: `.cache/train/<model>`. */
  readonly arrays: string;
  /** Where weights, model.json and the card go: `plugins/models/models/<model>`. */
  readonly output: string;
  /** Folder of the original data; undefined for the repository's. */
  readonly data: string | undefined;
  /** Tells how it goes, on stderr. */
  say(line: string): void;
}

/** How one model is trained: `tools/train/<model>.ts` exports it as `training`, beside `<model>.py`, which is run between the two steps. */
export interface Training {
  /** Python modules that the script imports, such as `torch`. */
  readonly python: readonly string[];
  /** Writes the arrays: features of closed bars, by `@tickhub/plugin-sdk/features` and nothing else. */
  prepare(job: TrainingJob): void | Promise<void>;
  /** What is left to do with what Python wrote. */
  finish?(job: TrainingJob): void | Promise<void>;
}

export function trainableModels(): string[] {
  return readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith('.py') && existsSync(path.join(import.meta.dirname, `${path.basename(file, '.py')}.ts`)))
    .map((file) => path.basename(file, '.py'))
    .sort();
}

export function trainingJob(model: string, data: string | undefined): TrainingJob {
  return {
    model,
    data,
    arrays: path.join(ROOT, '.cache', 'train', model),
    output: path.join(ROOT, 'plugins', 'models', 'models', model),
    say: (line) => console.error(`${model}: ${line}`),
  };
}

export async function loadTraining(model: string): Promise<Training> {
  const module = (await import(pathToFileURL(path.join(import.meta.dirname, `${model}.ts`)).href)) as { training?: Training };
  if (module.training === undefined) throw new Error(`tools/train/${model}.ts exports no "training"`);
  return module.training;
}
