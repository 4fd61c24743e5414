import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { inspectOnnx, NEWEST_IR, NEWEST_OPSETS } from './inspect.ts';
import { loadRuntime } from './runtime.ts';

const MODELS = fileURLToPath(new URL('../../../test/fixtures/own-models/', import.meta.url));
const MIB = 1_048_576;

/** A model with one byte replaced: the last one that follows `before` is `from`. */
function changed(file: string, before: readonly number[], from: number, to: number): Uint8Array {
  const bytes = Uint8Array.from(readFileSync(`${MODELS}${file}.onnx`));
  const at = Buffer.from(bytes).lastIndexOf(Uint8Array.from([...before, from]));
  expect(at).toBeGreaterThanOrEqual(0);
  bytes[at + before.length] = to;
  return bytes;
}

/** Fields of OperatorSetIdProto: its domain, and after it the version. */
const AI_ONNX = [0x0a, 0x00, 0x10];
const AI_ONNX_ML = [...Buffer.from('ai.onnx.ml'), 0x10];
const TOKENIZER = [...Buffer.from('com.microsoft'), 0x10];

describe('what is known of ONNX', () => {
  // Raise the constants when onnxruntime-web is updated: these are held against the one that is installed.
  it.each<[what: string, newest: number, make: (version: number) => Uint8Array]>([
    ['ai.onnx', NEWEST_OPSETS.get('') ?? 0, (version) => changed('bad/new-opset', AI_ONNX, 99, version)],
    ['ai.onnx.ml', NEWEST_OPSETS.get('ai.onnx.ml') ?? 0, (version) => changed('good/logistic', AI_ONNX_ML, 1, version)],
    ['com.microsoft', NEWEST_OPSETS.get('com.microsoft') ?? 0, (version) => changed('good/headline', TOKENIZER, 1, version)],
    ['the IR', NEWEST_IR, (version) => changed('bad/new-ir', [0x08], 99, version)],
  ])('%s: %i and none above it, as ONNX Runtime has it', async (_what, newest, make) => {
    const { InferenceSession } = await loadRuntime(256 * MIB);
    const isTaken = (bytes: Uint8Array): Promise<boolean> =>
      InferenceSession.create(bytes, { logSeverityLevel: 4 }).then(
        () => true,
        () => false,
      );
    expect(await isTaken(make(newest))).toBe(true);
    expect(await isTaken(make(newest + 1))).toBe(false);
    expect(() => inspectOnnx(make(newest), 'model.onnx', MIB)).not.toThrow();
    expect(() => inspectOnnx(make(newest + 1), 'model.onnx', MIB)).toThrow(expect.objectContaining({ code: 'MODEL_OPSET' }) as Error);
  });
});
