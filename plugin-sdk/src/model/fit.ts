import type { ModelInput, ModelOutput, ModelSection } from '../manifest/model.ts';
import { nearestName } from '../manifest/nearest-name.ts';
import type { Places } from '../manifest/places.ts';
import type { OnnxModel, OnnxValue } from '../onnx/onnx-model.ts';
import { ModelFault } from './errors.ts';

export type NumberType = 'float32' | 'float64';

/** An input of the graph, and what it is filled with. */
export interface FittedInput {
  readonly name: string;
  readonly input: ModelInput;
  readonly type: NumberType | 'string';
  /** The shape it is given. */
  readonly dims: readonly number[];
  readonly size: number;
}

/** An output of the graph, and what it means. */
export interface FittedOutput {
  readonly name: string;
  readonly output: ModelOutput;
  /** As the monitor knows it. */
  readonly id: string;
}

export interface Fit {
  readonly inputs: readonly FittedInput[];
  readonly outputs: readonly FittedOutput[];
}

export interface FitTerms {
  /** Names of files, for messages. */
  readonly file: string;
  readonly places: Places;
  readonly plugin: string;
}

const OUTPUT_TYPES: ReadonlySet<string> = new Set(['float32', 'float64', 'int32', 'int64']);

/**
 * Holds what plugin.json says of inputs and outputs against the graph.
 * @throws {ModelFault} MODEL_INPUT_*, MODEL_OUTPUT_*
 */
export function fitModel(section: ModelSection, onnx: OnnxModel, terms: FitTerms): Fit {
  const { file, places, plugin } = terms;
  const inputs = Object.entries(section.inputs).map(([name, input]) => {
    const value = find(onnx.inputs, name, ['inputs', name], 'MODEL_INPUT_NAME', terms);
    return fitInput(value, input, terms);
  });
  for (const value of onnx.inputs) {
    if (Object.hasOwn(section.inputs, value.name)) continue;
    throw new ModelFault(
      'MODEL_INPUT_NAME',
      `${places.at(['inputs'])}: ${file} wants the input "${value.name}" ${described(value)}, and it is not named. Add it, or export the model without it`,
    );
  }
  const outputs = Object.entries(section.outputs).map(([name, output]) => {
    const value = find(onnx.outputs, name, ['outputs', name], 'MODEL_OUTPUT_NAME', terms);
    checkOutput(value, output, terms);
    return { name, output, id: output.id ?? plugin };
  });
  return { inputs, outputs };
}

function find(
  values: readonly OnnxValue[],
  name: string,
  path: readonly string[],
  code: 'MODEL_INPUT_NAME' | 'MODEL_OUTPUT_NAME',
  { file, places }: FitTerms,
): OnnxValue {
  const found = values.find((value) => value.name === name);
  if (found !== undefined) return found;
  const names = values.map((value) => value.name);
  const nearest = nearestName(name, names);
  const what = code === 'MODEL_INPUT_NAME' ? 'input' : 'output';
  throw new ModelFault(
    code,
    `${places.at(path)}: ${file} has no ${what} "${name}"; ${nearest === null ? `it has ${values.map((value) => `"${value.name}" ${described(value)}`).join(', ')}. Name one of them` : `write "${nearest}"`}`,
  );
}

// ---- inputs

function fitInput(value: OnnxValue, input: ModelInput, { file, places }: FitTerms): FittedInput {
  const { name, type, shape } = value;
  const at = places.at(['inputs', name]);
  const wants = `${file} wants "${name}" ${described(value)}`;
  if ('text' in input ? type !== 'string' : type !== 'float32' && type !== 'float64') {
    const needed = 'text' in input ? 'text is a string tensor' : 'what it is filled with are numbers: float32 or float64';
    throw new ModelFault(
      'MODEL_INPUT_TYPE',
      `${at}: ${wants}, and ${needed}. ${type === 'string' ? 'Fill it with "text"' : 'Export the model with that type'}`,
    );
  }
  const dims = fitShape(shape, coresOf(input, shape));
  if (dims === null) {
    const [core = []] = coresOf(input, null);
    throw new ModelFault(
      'MODEL_INPUT_SHAPE',
      `${at}: ${wants}, and ${filling(input)} ${core.length === 0 ? 'is one' : `are [1, ${core.join(', ')}]`}. ${shapeAdvice(input, shape)}`,
    );
  }
  return { name, input, type: type as FittedInput['type'], dims, size: dims.reduce((product, size) => product * size, 1) };
}

/** Shapes without the batch that the numbers may have, the likeliest first. */
function coresOf(input: ModelInput, shape: OnnxValue['shape']): readonly (readonly number[])[] {
  if ('text' in input) return [[]];
  if ('features' in input) return [[input.features.length]];
  if ('record' in input) return [[input.record.length]];
  const { window, fields, layout } = input;
  const whole = layout === 'bars-first' ? [window, fields.length] : [fields.length, window];
  if (fields.length > 1) return shape?.at(-1) === window * fields.length ? [[window * fields.length]] : [whole];
  return shape !== null && shape.length > 2 ? [whole, [window]] : [[window]];
}

/** The shape to give, where one of the cores fits; null where none does. Sizes before the core have to be 1. */
function fitShape(shape: OnnxValue['shape'], cores: readonly (readonly number[])[]): number[] | null {
  for (const core of cores) {
    if (shape === null) return [1, ...core];
    const lead = shape.length - core.length;
    if (lead < 0) continue;
    const fits = shape.every((size, i) => typeof size === 'string' || size === (i < lead ? 1 : core[i - lead]));
    if (fits) return shape.map((_, i) => (i < lead ? 1 : (core[i - lead] ?? 1)));
  }
  return null;
}

function filling(input: ModelInput): string {
  if ('text' in input) return 'a text';
  if ('features' in input) return `${input.features.length} features`;
  if ('record' in input) return `${input.record.length} numbers of a record`;
  return `${input.window} bars of ${input.fields.length === 1 ? 'one field' : `${input.fields.length} fields`}`;
}

function shapeAdvice(input: ModelInput, shape: OnnxValue['shape']): string {
  if ('window' in input) {
    const other = input.layout === 'bars-first' ? 'fields-first' : 'bars-first';
    const turned = { ...input, layout: other } as const;
    if (fitShape(shape, coresOf(turned, shape)) !== null) return `Write "layout": "${other}"`;
  }
  const first = shape?.[0];
  if (typeof first === 'number' && first > 1 && shape !== null && fitShape(['', ...shape.slice(1)], coresOf(input, shape)) !== null)
    return `It is run for one at a time: export it with a dynamic first dimension (dynamic_axes), or with ${first} replaced by 1`;
  return 'Correct the list in plugin.json, or export the model with that shape';
}

// ---- outputs

/** How many numbers an output may have. */
export function sizesOf(output: ModelOutput): readonly number[] {
  switch (output.kind) {
    case 'value':
      return [1];
    case 'quantiles':
      return [output.levels.length];
    case 'probabilities':
      return output.classes.length === 2 ? [2, 1] : [output.classes.length];
  }
}

function checkOutput(value: OnnxValue, output: ModelOutput, { file, places }: FitTerms): void {
  const { name, type, shape } = value;
  const at = places.at(['outputs', name]);
  if (!OUTPUT_TYPES.has(type)) {
    const advice =
      type === 'sequence' || type === 'map'
        ? 'Convert the model with options={"zipmap": False} (skl2onnx), so that its probabilities are a tensor'
        : 'Export the model so that it gives float32';
    throw new ModelFault(
      'MODEL_OUTPUT_TYPE',
      `${at}: ${file} gives "${name}" ${described(value)}, and a tensor of numbers is needed. ${advice}`,
    );
  }
  // A size that is not fixed anywhere but in the first dimension is seen when it is run.
  if (shape === null || shape.slice(1).some((size) => typeof size === 'string')) return;
  const size = shape.reduce<number>((product, one) => product * (typeof one === 'string' ? 1 : one), 1);
  checkSize(name, size, output, at, file);
}

/** @throws {ModelFault} MODEL_OUTPUT_SIZE */
export function checkSize(name: string, size: number, output: ModelOutput, at: string, file: string): void {
  const sizes = sizesOf(output);
  if (sizes.includes(size)) return;
  const numbers = size === 1 ? 'one number' : `${size} numbers`;
  const named =
    output.kind === 'probabilities' ? `${sizes[0]} classes are` : output.kind === 'quantiles' ? `${sizes[0]} levels are` : 'one value is';
  const field = output.kind === 'value' ? '"kind"' : output.kind === 'quantiles' ? '"levels"' : '"classes"';
  throw new ModelFault(
    'MODEL_OUTPUT_SIZE',
    `${at}: ${file} gives "${name}" ${numbers}, and ${named} named. Correct ${field}, or name the tensor that was meant`,
  );
}

/** `float32 [batch, 3]`. */
function described({ type, shape }: OnnxValue): string {
  return shape === null ? `as ${type}` : `as ${type} [${shape.map((size) => (size === '' ? '?' : size)).join(', ')}]`;
}
