import type { PluginDefinition } from '../define-plugin.ts';

/**
 * The plugin that a plugin.json with a `model` and its ONNX file make, for {@link createHarness}.
 * @param file path of plugin.json.
 * @throws {ModelFault} with the line of plugin.json, or the file and the tensor, and what to do.
 */
export async function readModel(file: string): Promise<PluginDefinition> {
  // ONNX Runtime is loaded by those tests only that read one.
  const { loadModelPlugin } = await import('../model/load-model-plugin.ts');
  return loadModelPlugin(file);
}
