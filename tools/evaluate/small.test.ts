import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PluginDefinition } from '@tickhub/plugin-sdk';
import plugin from '../../plugins/models/src/index.ts';
import { readCard } from './card.ts';
import { evaluatedModels, loadEvaluation, MODELS_DIR } from './evaluation.ts';
import { ModelBench } from './model-bench.ts';

const MOST_BYTES = 5 * 1_048_576;

describe.runIf(existsSync(MODELS_DIR))('the shipped weights', () => {
  it.each(existsSync(MODELS_DIR) ? readdirSync(MODELS_DIR) : [])(
    '%s: the files that model.json names, small, with a card of these very weights',
    (model) => {
      const folder = path.join(MODELS_DIR, model);
      const { id, sha256 } = JSON.parse(readFileSync(path.join(folder, 'model.json'), 'utf8')) as { id: string; sha256: string };
      const onnx = path.join(folder, 'model.onnx');
      expect(id).toBe(model);
      expect(createHash('sha256').update(readFileSync(onnx)).digest('hex')).toBe(sha256);
      expect(statSync(onnx).size).toBeLessThan(MOST_BYTES);
      expect(readCard(model)?.sha256, 'run npm run evaluate').toBe(sha256);
    },
  );
});

describe.runIf(evaluatedModels().length > 0)('on little data, the shipped models', () => {
  let bench: ModelBench;
  beforeAll(async () => {
    bench = await ModelBench.open(plugin as unknown as PluginDefinition);
  });
  afterAll(() => bench.close());

  it.each(evaluatedModels())('%s keep their bars', async (model) => {
    const { small } = await loadEvaluation(model);
    expect(small, `tools/evaluate/${model}.ts has no small()`).toBeDefined();
    // One before may have let in its own only.
    bench.allow(bench.models.map(({ id }) => id));
    const bars = await small?.({ bench, data: undefined, oneLook: false, say: () => undefined });
    expect(bars?.length).toBeGreaterThan(0);
    for (const { name, value, from = -Infinity, to = Infinity } of bars ?? []) {
      expect(value, `${name} is ${value}, and at least ${from} is expected`).toBeGreaterThanOrEqual(from);
      expect(value, `${name} is ${value}, and at most ${to} is expected`).toBeLessThanOrEqual(to);
    }
  });
});
