import { createHash } from 'node:crypto';
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { StoredModel } from '../model-file.ts';

/** y = 2 x + 1, for rows of two; made by test/fixtures/make.py. */
export const AFFINE = readFileSync(new URL('../../test/fixtures/affine.onnx', import.meta.url));

export function modelJson(more: object = {}): Record<string, unknown> {
  return {
    id: 'affine',
    version: '1.0.0',
    tier: 'free',
    question: 'twice and one',
    horizonMs: 0,
    output: { kind: 'value', unit: 'price' },
    bars: { widthMs: 3_600_000, need: 1, want: 10 },
    sha256: createHash('sha256').update(AFFINE).digest('hex'),
    features: '1',
    inputs: ['a', 'b'],
    range: { low: [0, 0], high: [1, 1] },
    constants: {},
    ...more,
  };
}

/** A folder of models with one in it. */
export function folderWith(json: unknown, onnx: Uint8Array = AFFINE): string {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'tickhub-models-'));
  process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
  mkdirSync(path.join(dir, 'affine'));
  writeFileSync(path.join(dir, 'affine', 'model.json'), typeof json === 'string' ? json : JSON.stringify(json));
  writeFileSync(path.join(dir, 'affine', 'model.onnx'), onnx);
  return dir;
}

/** The same weights under another name, so that a cache takes them for another model. */
export function named(model: StoredModel, id: string): StoredModel {
  return { ...model, file: { ...model.file, id } };
}
