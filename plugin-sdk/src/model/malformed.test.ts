import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readModel } from '../testing/index.ts';
import { folderOf } from './own-model.fixture.ts';

const THREE = { features: ['mom_24', 'mom_48', 'mom_120'] };
const GOOD = { inputs: { x: THREE }, outputs: { y: { kind: 'value' } } };
const classes = (...names: string[]) => ({ kind: 'probabilities', classes: names });

/** What is said of a plugin folder that cannot be loaded. */
async function refusal(folder: string): Promise<{ code: string; message: string }> {
  const error: unknown = await readModel(path.join(folder, 'plugin.json')).catch((thrown: unknown) => thrown);
  if (!(error instanceof Error)) throw new Error('it was loaded');
  return { code: (error as Error & { code: string }).code, message: error.message };
}

describe('a malformed model is refused by name', () => {
  beforeAll(async () => {
    // ONNX Runtime takes its time to be loaded, once.
    await readModel(
      path.join(
        folderOf('good/surprise', {
          stream: 'custom',
          inputs: { numbers: { record: ['/a', '/b'] } },
          outputs: { surprise: { kind: 'value' } },
        }),
        'plugin.json',
      ),
    );
  });

  it.each<[file: string, code: string, says: string[], model?: unknown]>([
    ['not-onnx', 'MODEL_NOT_ONNX', ['model.onnx is no ONNX model', 'Export it again']],
    ['empty', 'MODEL_NOT_ONNX', ['model.onnx is empty']],
    ['truncated', 'MODEL_NOT_ONNX', ['model.onnx', 'ends within', 'cut off']],
    ['short-weights', 'MODEL_NOT_ONNX', ['"w" of float32 [3000000, 1] needs 12000000 bytes and has 12']],
    ['new-opset', 'MODEL_OPSET', ['model.onnx (written by make.py) has opset 99 of ai.onnx, and 26 is the newest', 'opset_version=']],
    ['new-ir', 'MODEL_OPSET', ['IR version 99, and 13 is the newest']],
    ['custom-operator', 'MODEL_OPERATOR', ['Frobnicate (node "frob") is of the domain "com.example"', 'standard ones']],
    ['unknown-operator', 'MODEL_OPERATOR', ['no operator Frobnicate']],
    ['external-data', 'MODEL_EXTERNAL_DATA', ['the tensor "w" lies in "../../secret.bin"', 'save_as_external_data=False']],
    [
      'other-input-name',
      'MODEL_INPUT_NAME',
      ['plugin.json:8:', 'model.inputs.x: model.onnx has no input "x"; it has "features" as float32 [batch, 3]'],
    ],
    [
      'wrong-shape',
      'MODEL_INPUT_SHAPE',
      ['plugin.json:8:', 'model.inputs.x: model.onnx wants "x" as float32 [batch, 5], and 3 features are [1, 3]'],
    ],
    ['fixed-batch', 'MODEL_INPUT_SHAPE', ['[32, 3]', 'dynamic_axes']],
    ['wrong-type', 'MODEL_INPUT_TYPE', ['wants "x" as int64 [batch, 3]', 'float32 or float64']],
    ['other-output-name', 'MODEL_OUTPUT_NAME', ['model.onnx has no output "y"; it has "prediction" as float32 [batch, 1]']],
    [
      'wrong-size',
      'MODEL_OUTPUT_SIZE',
      ['model.outputs.y: model.onnx gives "y" 4 numbers, and 3 classes are named'],
      { ...GOOD, outputs: { y: classes('a', 'b', 'c') } },
    ],
    ['zipmap', 'MODEL_OUTPUT_TYPE', ['gives "y" as sequence', '"zipmap": False']],
    ['not-finite', 'MODEL_NOT_FINITE', ['the output "y" is NaN', 'division by 0']],
    [
      'logits',
      'MODEL_NOT_PROBABILITIES',
      ['the output "y" gives [', '"softmax": true'],
      { ...GOOD, outputs: { y: classes('a', 'b', 'c') } },
    ],
    ['cycle', 'MODEL_REFUSED', ['ONNX Runtime refuses it', 'acyclic'], { ...GOOD, outputs: { y: classes('a', 'b', 'c') } }],
    ['huge-memory', 'MODEL_MEMORY', ['model.onnx wants more memory than limits.memoryMb allows']],
    ['slow', 'MODEL_SLOW', ['ms for one answer, and 250 ms is the most']],
  ])('%s: %s', async (file, code, says, model = GOOD) => {
    const found = await refusal(folderOf(`bad/${file}`, model));
    expect(found.code).toBe(code);
    for (const words of says) expect(found.message).toContain(words);
    // Each says what to do, and nothing leads into the SDK.
    expect(found.message).not.toMatch(/\n|node_modules|azure|undefined/);
  });

  it('an input that is not named', async () => {
    const found = await refusal(folderOf('good/two-heads', { inputs: { x: THREE }, outputs: { y: { kind: 'value' } } }));
    expect(found).toMatchObject({ code: 'MODEL_INPUT_NAME' });
    const second = await refusal(folderOf('good/last-two', { inputs: { windw: { window: 4 } }, outputs: { mean: { kind: 'value' } } }));
    expect(second.message).toContain('model.onnx has no input "windw"; write "window"');
  });

  it('a file that is not there, or another one than was meant', async () => {
    expect(await refusal(folderOf(null, GOOD))).toMatchObject({
      code: 'MODEL_FILE',
      message: expect.stringContaining('model.onnx cannot be read') as string,
    });
    const changed = await refusal(folderOf('good/logistic', { ...GOOD, sha256: 'a'.repeat(64) }));
    expect(changed).toMatchObject({
      code: 'MODEL_CHANGED',
      message: expect.stringMatching(/plugin\.json:\d+:\d+: model\.sha256: model\.onnx has the sha256 [0-9a-f]{64}/) as string,
    });
  });

  it('a file that is larger than its memory allows', async () => {
    const folder = folderOf('good/logistic', GOOD, { limits: { memoryMb: 16 } });
    const file = path.join(folder, 'model.onnx');
    writeFileSync(file, Buffer.concat([readFileSync(file), Buffer.alloc(5 * 1_048_576)]));
    expect(await refusal(folder)).toMatchObject({
      code: 'MODEL_TOO_LARGE',
      message: expect.stringContaining('model.onnx has 5.0 MiB, and limits.memoryMb allows 4.0 MiB') as string,
    });
  });
});
