import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { capabilities } from '../capabilities/index.ts';
import { definePlugin } from '../define-plugin.ts';
import type { PluginDefinition } from '../define-plugin.ts';
import { parseManifest } from '../manifest/parse.ts';
import { Places } from '../manifest/places.ts';
import { ModelFault } from './errors.ts';
import { loadModel } from './loaded-model.ts';
import { ModelAnalyst } from './model-analyst.ts';

/**
 * The plugin that a plugin.json with a `model` makes, with its ONNX file inspected, loaded and tried.
 * @param file path or file: URL of plugin.json; the ONNX file is beside it.
 * @throws {ModelFault} with the line of plugin.json, or the file and the tensor, and what to do.
 */
export async function loadModelPlugin(file: string): Promise<PluginDefinition> {
  const at = file.startsWith('file:') ? fileURLToPath(file) : file;
  const name = path.basename(at);
  const text = await readFile(at, 'utf8');
  const parsed = parseManifest(text, name);
  if (!parsed.ok) {
    const [error] = parsed.errors;
    const place = error?.place ? `${name}:${error.place.line}:${error.place.column}: ` : `${name}: `;
    throw new ModelFault('BAD_MODEL', `${place}${error?.path} ${error?.message}. ${error?.remedy}`);
  }
  const { manifest } = parsed;
  const section = manifest.model;
  if (section === undefined) throw new ModelFault('BAD_MODEL', `${name} has no "model"`);
  const places = new Places(text, name, 'model');
  const bytes = await readFile(path.join(path.dirname(at), section.file)).catch((error: unknown) => {
    throw new ModelFault(
      'MODEL_FILE',
      `${places.at(['file'])}: ${section.file} cannot be read: ${(error as Error).message}. Put it beside ${name}`,
      {
        cause: error,
      },
    );
  });
  const model = await loadModel({ manifest, section, places, bytes });
  const definition = definePlugin({
    kind: 'model',
    inject: { analyst: capabilities.Analyst, log: capabilities.Log },
    start({ analyst, log }) {
      const handler = new ModelAnalyst(model);
      analyst.serve(model.descriptions, handler);
      log.info(`${section.file} is loaded; one run takes ${model.runMs.toFixed(1)} ms`, {
        models: model.descriptions.map(({ id }) => id),
      });
      return { status: () => handler.status() };
    },
  });
  return definition as unknown as PluginDefinition;
}
