/**
 * `npm run train [MODEL...] [--data DIR] [--python PATH]`: trains models and writes their weights to plugins/models/models. TypeScript writes the feature
 * arrays, Python fits and exports ONNX; `npm run evaluate` then makes the cards.
 */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { requirePython, runPython } from './python.ts';
import { loadTraining, trainableModels, trainingJob } from './training.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { data: { type: 'string' }, python: { type: 'string', default: '/usr/bin/python3' } },
});
const known = trainableModels();
const unknown = positionals.filter((name) => !known.includes(name));
try {
  if (unknown.length > 0) throw new Error(`no training for ${unknown.join(', ')}; there is one for ${known.join(', ') || 'no model'}`);
  for (const model of positionals.length > 0 ? positionals : known) {
    const training = await loadTraining(model);
    requirePython(values.python, training.python);
    const job = trainingJob(model, values.data);
    rmSync(job.arrays, { recursive: true, force: true });
    job.say('writes the arrays');
    await training.prepare(job);
    job.say('trains');
    await runPython(values.python, path.join(import.meta.dirname, `${model}.py`), [job.arrays, job.output]);
    await training.finish?.(job);
    job.say(`is in ${job.output}; now npm run evaluate ${model}`);
  }
} catch (error) {
  console.error(`train: ${(error as Error).message}`);
  process.exitCode = 1;
}
