import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ModelDescription, z } from '@tickhub/plugin-sdk';
import { ModelError } from './errors.ts';

/** Where the weights and cards are: `<model id>/model.json`, beside `src` and `dist`. */
export const MODELS_DIR = fileURLToPath(new URL('../models/', import.meta.url));

/** model.json: what a model says of itself, of what it was made for, and the constants that were fitted beside its weights. */
export const ModelFile = ModelDescription.omit({ sha256: true, bytes: true }).extend({
  /** Of model.onnx, in hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** The features' version that it was trained with. */
  features: z.string(),
  /** Names of the input features, in order; empty where the input is a window or text. */
  inputs: z.array(z.string()),
  /** What the features were in training: the quantiles 0.001 and 0.999 of each input, in order. Outside of them confidence falls. */
  range: z.object({ low: z.array(z.number()), high: z.array(z.number()) }),
  /** The model's own constants: calibration and the like, parsed by the model. */
  constants: z.record(z.string(), z.unknown()),
});
export type ModelFile = z.infer<typeof ModelFile>;

/** A model as it lies on disk: its description and the bytes of its network. */
export interface StoredModel {
  readonly file: ModelFile;
  readonly onnx: Uint8Array;
}

/**
 * Reads a model and holds its weights against their sha256.
 * @param dir the folder of all models.
 * @throws {ModelError} MODEL_FILE, MODEL_CHANGED
 */
export async function readModel(id: string, dir: string = MODELS_DIR): Promise<StoredModel> {
  const folder = path.join(dir, id);
  const again = 'Install Tickhub again, or take the file from its release';
  const file = await readModelFile(path.join(folder, 'model.json'), again);
  const onnx = await readFile(path.join(folder, 'model.onnx')).catch((error: unknown) => {
    throw new ModelError('MODEL_FILE', `${id}: model.onnx cannot be read: ${(error as Error).message}. ${again}`, { cause: error });
  });
  const found = createHash('sha256').update(onnx).digest('hex');
  if (found !== file.sha256) {
    throw new ModelError('MODEL_CHANGED', `${id}: model.onnx has the sha256 ${found}, and model.json names ${file.sha256}. ${again}`);
  }
  if (file.inputs.length !== file.range.low.length || file.inputs.length !== file.range.high.length) {
    throw new ModelError(
      'MODEL_FILE',
      `${id}: model.json has ${file.inputs.length} inputs and a range of ${file.range.low.length}. ${again}`,
    );
  }
  return { file, onnx };
}

async function readModelFile(name: string, again: string): Promise<ModelFile> {
  try {
    return ModelFile.parse(JSON.parse(await readFile(name, 'utf8')));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    throw new ModelError('MODEL_FILE', `${name} cannot be read: ${why}. ${again}`, { cause: error });
  }
}
