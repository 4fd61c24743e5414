import { describe, expect, it } from 'vitest';
import { readModel } from './model-file.ts';
import { AFFINE, folderWith, modelJson } from './sessions/stored-model.fixture.ts';

describe('readModel', () => {
  it('reads the description and the weights', async () => {
    const { file, onnx } = await readModel('affine', folderWith(modelJson()));
    expect(file).toMatchObject({ id: 'affine', inputs: ['a', 'b'], streams: [] });
    expect(Buffer.from(onnx).equals(AFFINE)).toBe(true);
  });

  it.each([
    ['weights that were changed', modelJson(), AFFINE.subarray(1), 'MODEL_CHANGED', 'model.json names'],
    ['a description that is no JSON', '{', AFFINE, 'MODEL_FILE', 'model.json cannot be read'],
    ['a field that is missing', modelJson({ inputs: undefined }), AFFINE, 'MODEL_FILE', 'inputs'],
    ['a range of another length', modelJson({ range: { low: [0], high: [1, 1] } }), AFFINE, 'MODEL_FILE', '2 inputs and a range of 1'],
  ])('refuses %s, and says what to do', async (_, json, onnx, code, says) => {
    const refusal: unknown = await readModel('affine', folderWith(json, onnx)).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code, message: expect.stringContaining(says) as string });
    expect((refusal as Error).message).toContain('Install Tickhub again');
  });
});
