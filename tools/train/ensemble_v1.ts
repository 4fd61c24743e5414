import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PluginDefinition } from '@tickhub/plugin-sdk';
import { FEATURES_VERSION, featureMatrix } from '@tickhub/plugin-sdk/features';
import { FEATURE_INPUTS, MEMBER_INPUTS, memberInputs } from '../../plugins/models/src/ensemble/ensemble-inputs.ts';
import { readBars } from '../data/read-bars.ts';
import { partOf } from '../data/split.ts';
import type { Part } from '../data/split.ts';
import { H1, SYMBOLS } from '../data/symbols.ts';
import { outcomeOf } from '../evaluate/ensemble-outcome.ts';
import { ModelBench } from '../evaluate/model-bench.ts';
import { writeNpy } from './npy.ts';
import type { Training } from './training.ts';

const MEMBERS = ['volatility_v1', 'trend_v1'];
/** Neighbours share 22 of 24 hours of their outcomes: the others would add next to nothing. */
const STRIDE = 2;

/** What the members said of one part of the split, through the plugin itself, and what came. */
export async function writeMembers(arrays: string, part: Part, data: string | undefined, say: (line: string) => void): Promise<void> {
  const dist = path.resolve(import.meta.dirname, '../../plugins/models/dist/index.js');
  if (!existsSync(dist)) throw new Error('the plugin is not built: node scripts/bootstrap.mjs');
  const { default: plugin } = (await import(pathToFileURL(dist).href)) as { default: PluginDefinition };
  const bench = await ModelBench.open(plugin);
  bench.allow(MEMBERS);
  const columns: Record<'inputs' | 'stateLogs' | 'logRatio' | 'state' | 'beyond' | 'ended' | 'time' | 'symbol', number[]> = {
    inputs: [],
    stateLogs: [],
    logRatio: [],
    state: [],
    beyond: [],
    ended: [],
    time: [],
    symbol: [],
  };
  try {
    for (const [number, { symbol }] of SYMBOLS.entries()) {
      const { bars, digits } = readBars(symbol, data);
      const features = featureMatrix(bars, [...FEATURE_INPUTS]).values;
      const inPart = (place: number): boolean => {
        const until = bars.time[place + 24];
        return until !== undefined && partOf((bars.time[place] as number) + H1, until + H1) === part;
      };
      const from = bars.time.findIndex((_, place) => inPart(place));
      let to = bars.time.length;
      while (to > from && !inPart(to - 1)) to--;
      if (from === -1) continue;
      const asked = (place: number): boolean => (place - from) % STRIDE === 0;
      for await (const { place, answers } of bench.replay({ symbol, digits, bars }, { models: MEMBERS, from, to, asked })) {
        const [volatility, trend] = MEMBERS.map((id) => answers.find(({ model }) => model === id));
        const outcome = outcomeOf(bars, place);
        const members = volatility && trend ? memberInputs(volatility, trend) : null;
        if (outcome === null || members === null) continue;
        const width = FEATURE_INPUTS.length;
        columns.inputs.push(...members.values, ...features.subarray(place * width, (place + 1) * width));
        columns.stateLogs.push(...members.stateLogs);
        columns.logRatio.push(Math.log(outcome.variance / (members.trailingSigma / 100) ** 2));
        columns.state.push(outcome.state);
        columns.beyond.push(outcome.farthest > members.trailingSigma / 100 ? 1 : 0);
        columns.ended.push(outcome.move > members.trailingSigma / 100 ? 1 : 0);
        columns.time.push(bars.time[place] as number);
        columns.symbol.push(number);
      }
      say(`${symbol}: ${columns.time.length} bars`);
    }
  } finally {
    await bench.close();
  }
  const n = columns.time.length;
  writeNpy(arrays, 'inputs', Float32Array.from(columns.inputs), [n, columns.inputs.length / n]);
  writeNpy(arrays, 'state_logs', Float32Array.from(columns.stateLogs), [n, 3]);
  writeNpy(arrays, 'log_ratio', Float64Array.from(columns.logRatio));
  writeNpy(arrays, 'state', Int32Array.from(columns.state));
  writeNpy(arrays, 'beyond', Uint8Array.from(columns.beyond));
  writeNpy(arrays, 'ended', Uint8Array.from(columns.ended));
  writeNpy(arrays, 'time', Float64Array.from(columns.time));
  writeNpy(arrays, 'symbol', Int32Array.from(columns.symbol));
  const index = { version: FEATURES_VERSION, inputs: [...MEMBER_INPUTS, ...FEATURE_INPUTS], widthMs: H1 };
  writeFileSync(path.join(arrays, 'index.json'), `${JSON.stringify(index, null, 2)}\n`);
}

/** The members were trained before 2017; the stack is fitted on what they said of 2017. */
export const training: Training = {
  python: ['torch', 'numpy'],
  prepare: ({ arrays, data, say }) => writeMembers(arrays, 'validate', data, say),
};
