import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { FEATURES_VERSION } from '@tickhub/plugin-sdk/features';
import { idsOf } from '../../plugins/models/src/sentiment/classifier.ts';
import { mentionsIn } from '../../plugins/models/src/sentiment/mentions.ts';
import { ROWS, TABLE_ROWS } from '../../plugins/models/src/sentiment/text/features.ts';
import { foldOf, isHeldOut, readSentfin, readTfns } from '../data/sentiment/labelled-text.ts';
import type { LabelledText } from '../data/sentiment/labelled-text.ts';
import { writeNpy } from './npy.ts';
import type { Training } from './training.ts';

/** What a row is there for; the script in Python knows these numbers. */
const ENTITY = 0;
const POST = 1;

interface Row {
  readonly ids: Int32Array;
  readonly label: number;
  readonly part: number;
  readonly fold: number;
}

/** Ids of each text, as the plugin makes them. Of SEntFiN's held-out headlines, and of TFNS' validation file, nothing is read. */
export const training: Training = {
  python: ['numpy', 'scipy', 'sklearn', 'onnx'],

  prepare({ arrays, data, say }) {
    if (data === undefined)
      throw new Error('the posts (TFNS) may not be in the repository: --data DIR names the folder that has sentiment/tfns_train.csv.gz');
    const headlines = readSentfin().rows.filter((row) => !isHeldOut(row));
    const rows = [...headlines.map((row) => rowOf(row, ENTITY)), ...readTfns(data, 'train').rows.map((row) => rowOf(row, POST))];
    const starts = new Int32Array(rows.length + 1);
    rows.forEach(({ ids }, i) => (starts[i + 1] = (starts[i] ?? 0) + ids.length));
    const ids = new Int32Array(starts.at(-1) ?? 0);
    rows.forEach((row, i) => ids.set(row.ids, starts[i]));
    writeNpy(arrays, 'starts', starts);
    writeNpy(arrays, 'ids', ids);
    writeNpy(arrays, 'tables', Int32Array.of(ROWS, TABLE_ROWS));
    for (const name of ['label', 'part', 'fold'] as const)
      writeNpy(
        arrays,
        name,
        Int32Array.from(rows, (row) => row[name]),
      );
    say(`${headlines.length} entities in headlines, ${rows.length} rows, ${ids.length} ids`);
  },

  finish({ arrays, output }) {
    copyFileSync(path.join(arrays, 'expected.json'), path.join(output, '../../test/fixtures/sentiment-logits.json'));
    const sha256 = createHash('sha256')
      .update(readFileSync(path.join(output, 'model.onnx')))
      .digest('hex');
    const file = {
      id: 'sentiment_v1',
      version: '1.0.0',
      tier: 'pro',
      question: 'whether a headline or post speaks for or against an instrument that it mentions',
      horizonMs: 0,
      output: { kind: 'probabilities', classes: ['negative', 'neutral', 'positive'] },
      streams: ['news', 'social'],
      sha256,
      features: FEATURES_VERSION,
      inputs: [],
      range: { low: [], high: [] },
      constants: {},
    };
    writeFileSync(path.join(output, 'model.json'), `${JSON.stringify(file, null, 2)}\n`);
  },
};

/** The entity is masked wherever the text names it, as the plugin does. */
function rowOf(row: LabelledText, part: number): Row {
  const { text, entity, label } = row;
  const named = entity === null ? [] : mentionsIn(text, new Set([entity])).filter(({ of }) => of === entity);
  return { ids: idsOf({ text, spans: named.length > 0 ? named : row.spans }), label, part, fold: foldOf(row) };
}
