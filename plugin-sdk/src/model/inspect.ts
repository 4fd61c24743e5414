import { bytesOf, readOnnx } from '../onnx/onnx-model.ts';
import type { OnnxModel } from '../onnx/onnx-model.ts';
import { WireError } from '../onnx/wire.ts';
import { ModelFault } from './errors.ts';

/** What ONNX Runtime 1.30 knows: the newest version of each domain of operators ('' is ai.onnx), and of the file format. */
export const NEWEST_OPSETS: ReadonlyMap<string, number> = new Map([
  ['', 26],
  ['ai.onnx.ml', 5],
  ['com.microsoft', 1],
]);
export const NEWEST_IR = 13;

/**
 * Reads an ONNX file and holds it against all that can be known without running it.
 * @param file its name, for messages.
 * @param mostBytes of the file: it is in memory twice while it is loaded.
 * @throws {ModelFault} MODEL_TOO_LARGE, MODEL_NOT_ONNX, MODEL_OPSET, MODEL_OPERATOR, MODEL_EXTERNAL_DATA
 */
export function inspectOnnx(bytes: Uint8Array, file: string, mostBytes: number): OnnxModel {
  if (bytes.length > mostBytes) {
    throw new ModelFault(
      'MODEL_TOO_LARGE',
      `${file} has ${mib(bytes.length)} MiB, and limits.memoryMb allows ${mib(mostBytes)} MiB: it is in memory twice while it is loaded. Quantize or prune it, or raise limits.memoryMb in plugin.json`,
    );
  }
  const model = parse(bytes, file);
  checkVersions(model, file);
  checkOperators(model, file);
  checkTensors(model, file);
  return model;
}

function parse(bytes: Uint8Array, file: string): OnnxModel {
  const again = 'Export it again, or copy it again: a download may have been cut off, or be a page that says so';
  if (bytes.length === 0) throw new ModelFault('MODEL_NOT_ONNX', `${file} is empty. ${again}`);
  try {
    const model = readOnnx(bytes);
    if (model.outputs.length === 0) throw new WireError('has a graph without outputs');
    return model;
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new ModelFault('MODEL_NOT_ONNX', `${file} is no ONNX model: it ${error.message}. ${again}`, { cause: error });
  }
}

function checkVersions({ irVersion, opsets, producer }: OnnxModel, file: string): void {
  const by = producer === '' ? '' : ` (written by ${producer})`;
  if (irVersion > NEWEST_IR) {
    throw new ModelFault(
      'MODEL_OPSET',
      `${file}${by} has ONNX IR version ${irVersion}, and ${NEWEST_IR} is the newest that is known. Export it with an older version of the tool, or of the onnx package`,
    );
  }
  for (const [domain, version] of opsets) {
    const newest = NEWEST_OPSETS.get(domain);
    if (newest === undefined || version <= newest) continue;
    throw new ModelFault(
      'MODEL_OPSET',
      `${file}${by} has opset ${version} of ${shown(domain)}, and ${newest} is the newest that is known. Export it with ${domain === '' ? `opset_version=${Math.min(newest, 18)}` : 'an older opset'}`,
    );
  }
}

function checkOperators({ nodes, functionDomains, opsets }: OnnxModel, file: string): void {
  for (const { op, name, domain } of nodes) {
    const node = name === '' ? op : `${op} (node "${name}")`;
    if (!NEWEST_OPSETS.has(domain) && !functionDomains.has(domain)) {
      throw new ModelFault(
        'MODEL_OPERATOR',
        `${file}: the operator ${node} is of the domain "${domain}", which is not known; there are ${[...NEWEST_OPSETS.keys()].map(shown).join(', ')}. Custom operators cannot be loaded: export the model with standard ones`,
      );
    }
    if (!opsets.has(domain)) {
      throw new ModelFault(
        'MODEL_OPSET',
        `${file}: the operator ${node} is of ${shown(domain)}, and the file does not say of which opset. Export it again with a tool that writes opset_import`,
      );
    }
  }
}

function checkTensors({ tensors }: OnnxModel, file: string): void {
  for (const tensor of tensors) {
    const what = tensor.name === '' ? 'a constant' : `the tensor "${tensor.name}"`;
    if (tensor.external !== null) {
      const where = tensor.external === '' ? 'another file' : `"${tensor.external}"`;
      throw new ModelFault(
        'MODEL_EXTERNAL_DATA',
        `${file}: ${what} lies in ${where}, and a model has all its weights in one file. Save it with save_as_external_data=False (onnx), or export it with external_data=False (PyTorch)`,
      );
    }
    const needs = bytesOf(tensor);
    if (tensor.shape.some((size) => size < 0)) {
      throw new ModelFault(
        'MODEL_NOT_ONNX',
        `${file}: ${what} has the shape [${tensor.shape.join(', ')}]. The file is damaged: export it again`,
      );
    }
    if (tensor.rawBytes === null || needs === null || needs === tensor.rawBytes) continue;
    throw new ModelFault(
      'MODEL_NOT_ONNX',
      `${file}: ${what} of ${tensor.type} [${tensor.shape.join(', ')}] needs ${needs} bytes and has ${tensor.rawBytes}. The file is damaged: export it again`,
    );
  }
}

export function mib(bytes: number): string {
  return (bytes / 1_048_576).toFixed(bytes < 10_485_760 ? 1 : 0);
}

function shown(domain: string): string {
  return domain === '' ? 'ai.onnx' : domain;
}
