import { FEATURES, FEATURES_VERSION } from '../features/index.ts';
import type { ModelInput, ModelSection } from './model.ts';
import { nearestName } from './nearest-name.ts';

/** One thing that is wrong with a model, at a path below `model`. */
export interface ModelProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

const FEATURE_NAMES = FEATURES.map(({ name }) => name);

/** What the monitor asks a model on: a bar that closed, or a record. */
export function isOfRecords(input: ModelInput): boolean {
  return 'record' in input || 'text' in input;
}

/** Everything about a model that its schema cannot say and that needs no look at the file. @param plugin the id of the plugin. */
export function modelProblems(model: ModelSection, plugin: string): ModelProblem[] {
  return [...fileProblems(model), ...triggerProblems(model), ...inputProblems(model), ...outputProblems(model, plugin)];
}

function fileProblems({ file }: ModelSection): ModelProblem[] {
  const steps = file.split(/[\\/]/);
  const leaves = steps.includes('..') || steps[0] === '' || /^[A-Za-z]:/.test(file);
  return leaves ? [{ path: ['file'], message: `"${file}" lies outside the folder; put the file beside plugin.json` }] : [];
}

function triggerProblems({ inputs, stream, bars, horizon, outputs }: ModelSection): ModelProblem[] {
  const problems: ModelProblem[] = [];
  const names = Object.keys(inputs);
  const ofRecords = names.filter((name) => isOfRecords(inputs[name] as ModelInput));
  if (ofRecords.length === 0) {
    if (stream !== undefined) problems.push({ path: ['stream'], message: 'is given, and no input is of "record" or "text"' });
    return problems;
  }
  if (ofRecords.length < names.length) {
    const other = names.find((name) => !ofRecords.includes(name)) ?? '';
    problems.push({
      path: ['inputs', other],
      message: `is of bars, and "${ofRecords[0]}" is of records: a model is asked on one of them`,
    });
  }
  if (stream === undefined)
    problems.push({ path: ['stream'], message: 'is missing: the stream whose records it is asked for, such as "news"' });
  if (bars !== undefined) problems.push({ path: ['bars'], message: 'is given, and its inputs are of records' });
  const ahead = horizon > 0 || Object.values(outputs).some((output) => (output.horizon ?? 0) > 0);
  if (ahead && bars === undefined)
    problems.push({ path: ['horizon'], message: 'is counted in bars, and a model of records has none; leave it out' });
  return problems;
}

function inputProblems({ inputs, featuresVersion }: ModelSection): ModelProblem[] {
  const problems: ModelProblem[] = [];
  if (featuresVersion !== undefined && featuresVersion !== FEATURES_VERSION) {
    problems.push({
      path: ['featuresVersion'],
      message: `is "${featuresVersion}", and this Tickhub has version "${FEATURES_VERSION}" of the features: train the model again with these`,
    });
  }
  for (const [name, input] of Object.entries(inputs)) {
    if ('window' in input) {
      const twice = input.fields.find((field, index) => input.fields.indexOf(field) !== index);
      if (twice !== undefined) problems.push({ path: ['inputs', name, 'fields'], message: `has "${twice}" twice` });
      const least = input.scaling === 'volatility' || input.scaling === 'z-score' ? 3 : 1;
      if (input.window < least)
        problems.push({
          path: ['inputs', name, 'window'],
          message: `is ${input.window}, and a scaling of "${input.scaling}" needs at least ${least} bars`,
        });
    }
    if ('features' in input) {
      input.features.forEach((feature, index) => {
        if (!FEATURE_NAMES.includes(feature))
          problems.push({ path: ['inputs', name, 'features', index], message: unknownFeature(feature) });
      });
      for (const [feature, [low, high]] of Object.entries(input.seen)) {
        const path = ['inputs', name, 'seen', feature];
        if (!input.features.includes(feature)) problems.push({ path, message: 'is none of "features"' });
        if (!(low < high)) problems.push({ path, message: `is no range: ${low} is not below ${high}` });
      }
    }
  }
  return problems;
}

function unknownFeature(name: string): string {
  const bare = (text: string): string => text.replaceAll(/[_-]/g, '');
  const nearest = FEATURE_NAMES.find((known) => bare(known) === bare(name)) ?? nearestName(name, FEATURE_NAMES);
  const kinds = [...new Set(FEATURE_NAMES.map((known) => known.replace(/(_\d+)+$/, '')))];
  return `"${name}" is no feature of the library; ${nearest === null ? `there are ${kinds.join(', ')}` : `the nearest is "${nearest}"`}`;
}

function outputProblems({ outputs }: ModelSection, plugin: string): ModelProblem[] {
  const problems: ModelProblem[] = [];
  const ids = new Map<string, string>();
  const single = Object.keys(outputs).length === 1;
  for (const [name, output] of Object.entries(outputs)) {
    const id = output.id ?? (single ? plugin : undefined);
    if (id === undefined)
      problems.push({ path: ['outputs', name, 'id'], message: 'is missing: each of several outputs needs a name under which it answers' });
    else if (ids.has(id)) problems.push({ path: ['outputs', name, 'id'], message: `is "${id}", as that of "${ids.get(id)}"` });
    else ids.set(id, name);
    if (output.kind === 'probabilities' && new Set(output.classes).size < output.classes.length)
      problems.push({ path: ['outputs', name, 'classes'], message: 'has a class twice' });
    if (output.kind === 'quantiles' && output.levels.some((level, i) => level <= (output.levels[i - 1] ?? 0)))
      problems.push({ path: ['outputs', name, 'levels'], message: 'do not rise' });
    if (output.kind !== 'probabilities' && output.scale === 0)
      problems.push({ path: ['outputs', name, 'scale'], message: 'is 0, which makes all answers the same' });
  }
  return problems;
}
