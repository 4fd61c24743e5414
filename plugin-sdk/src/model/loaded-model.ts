import { createHash } from 'node:crypto';
import { BAR_WIDTHS_MS } from '../manifest/model.ts';
import type { ModelSection } from '../manifest/model.ts';
import type { PluginManifest } from '../manifest/manifest.ts';
import { isOfRecords } from '../manifest/model-rules.ts';
import type { Places } from '../manifest/places.ts';
import type { ModelDescriptionInput } from '../protocol/analysis.ts';
import { needsOf } from './bar-inputs.ts';
import type { BarNeeds } from './bar-inputs.ts';
import { ModelFault } from './errors.ts';
import { checkSize, fitModel } from './fit.ts';
import type { Fit, FittedOutput } from './fit.ts';
import { inspectOnnx } from './inspect.ts';
import { readOutput } from './readout.ts';
import { loadRuntime } from './runtime.ts';
import { OnnxSession } from './session.ts';
import type { Outputs } from './session.ts';
import { barSamples, recordSamples, warmUp } from './warm-up.ts';

/** A model that was inspected, loaded and tried. */
export interface LoadedModel {
  readonly section: ModelSection;
  readonly file: string;
  readonly version: string;
  readonly fit: Fit;
  /** Milliseconds; 0 for a model of records. */
  readonly widthMs: number;
  /** Null for a model of records. */
  readonly needs: BarNeeds | null;
  readonly session: OnnxSession;
  /** One for each output, in their order. */
  readonly descriptions: readonly ModelDescriptionInput[];
  /** Of the quickest run of the warm-up. */
  readonly runMs: number;
}

export interface LoadTerms {
  readonly manifest: PluginManifest;
  readonly section: ModelSection;
  readonly places: Places;
  /** Of the ONNX file. */
  readonly bytes: Uint8Array;
}

/**
 * Makes a model of its file and of what plugin.json says of it.
 * @throws {ModelFault}
 */
export async function loadModel({ manifest, section, places, bytes }: LoadTerms): Promise<LoadedModel> {
  const { file } = section;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (section.sha256 !== undefined && section.sha256 !== sha256) {
    throw new ModelFault(
      'MODEL_CHANGED',
      `${places.at(['sha256'])}: ${file} has the sha256 ${sha256}, and another one is named. Put the file there that was meant, or write its sha256`,
    );
  }
  const mostBytes = manifest.limits.memoryMb * 1_048_576;
  const onnx = inspectOnnx(bytes, file, Math.floor(mostBytes / 4));
  const fit = fitModel(section, onnx, { file, places, plugin: manifest.id });
  const ofRecords = fit.inputs.some(({ input }) => isOfRecords(input));
  const widthMs = ofRecords ? 0 : BAR_WIDTHS_MS[section.bars ?? 'H1'];
  const needs = ofRecords ? null : needsOf(fit.inputs.map(({ input }) => input));

  const runtime = await loadRuntime(mostBytes);
  const heapBefore = runtime.heapBytes();
  const session = await OnnxSession.open(
    file,
    bytes,
    runtime,
    fit.inputs,
    fit.outputs.map(({ name }) => name),
  );
  const samples = needs === null ? recordSamples(fit.inputs) : barSamples(fit.inputs, needs, widthMs);
  const runMs = await warmUp(
    file,
    samples,
    (fillings) => session.run(fillings),
    (outputs) => checkOutputs(fit, outputs, file, places),
  );
  const heap = Math.max(bytes.length, runtime.heapBytes() - heapBefore);
  const version = section.version ?? manifest.version;
  const descriptions = fit.outputs.map((output): ModelDescriptionInput => {
    const horizon = output.output.horizon ?? section.horizon;
    return {
      id: output.id,
      version,
      sha256,
      tier: manifest.tier,
      question: output.output.question ?? section.question ?? questionOf(output, section, horizon),
      horizonMs: horizon * widthMs,
      output: outputOf(output),
      ...(needs === null ? {} : { bars: { widthMs, need: needs.bars, want: needs.bars } }),
      ...(section.stream === undefined ? {} : { streams: [section.stream] }),
      bytes: heap,
    };
  });
  return { section, file, version, fit, widthMs, needs, session, descriptions, runMs };
}

function checkOutputs(fit: Fit, outputs: Outputs, file: string, places: Places): void {
  for (const { name, output } of fit.outputs) {
    const numbers = outputs.get(name) ?? [];
    checkSize(name, numbers.length, output, places.at(['outputs', name]), file);
    readOutput(output, numbers, `${places.at(['outputs', name])}: ${file}, tried on made-up inputs: the output "${name}"`);
  }
}

function outputOf({ output }: FittedOutput): ModelDescriptionInput['output'] {
  switch (output.kind) {
    case 'value':
      return { kind: 'value', unit: output.unit };
    case 'probabilities':
      return { kind: 'probabilities', classes: output.classes };
    case 'quantiles':
      return { kind: 'quantiles', levels: output.levels, unit: output.unit };
  }
}

function questionOf({ id, output }: FittedOutput, section: ModelSection, horizon: number): string {
  const what =
    output.kind === 'probabilities'
      ? `probabilities of ${output.classes.join(', ')}`
      : `${output.kind} of ${id}${output.unit === '' ? '' : ` in ${output.unit}`}`;
  const when =
    section.stream !== undefined
      ? `of each record of ${section.stream}`
      : horizon === 0
        ? 'now'
        : `${horizon} ${section.bars ?? 'H1'} bars ahead`;
  return `${what}, ${when}`.slice(0, 200);
}
