import { emptyBars } from '../features/bars.ts';
import type { Bars } from '../features/bars.ts';
import { BarInputs } from './bar-inputs.ts';
import type { BarNeeds } from './bar-inputs.ts';
import { ModelFault } from './errors.ts';
import type { FittedInput } from './fit.ts';
import type { Filling, Outputs } from './session.ts';

/** So long one run may take. Fifty symbols close a bar at once, and each waits for those before it. */
export const MOST_RUN_MS = 250;
const RUNS = 5;
/** After so long no further run is made; the first ones compile what they need. */
const ENOUGH_MS = 1_000;

/**
 * Runs a model on made-up inputs before it is asked for the first time: what it always gets wrong is found, and the first answer is as quick as the others.
 * The quickest run counts, since another program may have had the processor.
 * @param check holds the outputs of each run against what was said of them.
 * @returns how long the quickest run took, milliseconds.
 * @throws {ModelFault} MODEL_SLOW; what `run` and `check` throw.
 */
export async function warmUp(
  file: string,
  samples: readonly (readonly Filling[])[],
  run: (fillings: readonly Filling[]) => Promise<Outputs>,
  check: (outputs: Outputs) => void,
): Promise<number> {
  const began = performance.now();
  let quickest = Infinity;
  for (let i = 0; i < RUNS && (i < 2 || performance.now() - began < ENOUGH_MS); i++) {
    const before = performance.now();
    const outputs = await run(samples[i % samples.length] ?? []);
    quickest = Math.min(quickest, performance.now() - before);
    check(outputs);
  }
  if (quickest > MOST_RUN_MS) {
    throw new ModelFault(
      'MODEL_SLOW',
      `${file} takes ${Math.round(quickest)} ms for one answer, and ${MOST_RUN_MS} ms is the most: all symbols wait for it when a bar closes. Make it smaller, or quantize it`,
    );
  }
  return quickest;
}

/** Made-up inputs for a model of bars: those of three bars in a row of a market that moves. */
export function barSamples(inputs: readonly FittedInput[], needs: BarNeeds, widthMs: number): (readonly Filling[])[] {
  const bars = madeUpBars(needs.bars + 2, widthMs);
  const market = new BarInputs(inputs, needs);
  market.push(bars, 0, needs.bars - 1);
  return [needs.bars - 1, needs.bars, needs.bars + 1].flatMap((at) => {
    market.push(bars, at, at + 1);
    const filled = market.fill();
    return 'why' in filled ? [] : [filled.fillings];
  });
}

/** Made-up inputs for a model of records. */
export function recordSamples(inputs: readonly FittedInput[]): (readonly Filling[])[] {
  return [1, 0.5].map((number) =>
    inputs.map(({ type, size }) => {
      if (type === 'string') return 'The dollar rises after the release of the data';
      return type === 'float64' ? new Float64Array(size).fill(number) : new Float32Array(size).fill(number);
    }),
  );
}

/** A walk around 1.1 with steps of a hundredth of a percent or so, of a generator with a fixed seed (Park and Miller 1988). */
function madeUpBars(count: number, widthMs: number): Bars {
  const bars = emptyBars(count);
  let seed = 20_260_101;
  const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  let close = 1.1;
  // A Monday.
  const start = Date.UTC(2018, 0, 1);
  for (let i = 0; i < count; i++) {
    const open = close;
    close *= Math.exp((random() + random() - 1) * 2e-3);
    bars.time[i] = start + i * widthMs;
    bars.open[i] = open;
    bars.close[i] = close;
    bars.high[i] = Math.max(open, close) * (1 + random() * 5e-4);
    bars.low[i] = Math.min(open, close) * (1 - random() * 5e-4);
    bars.volume[i] = Math.floor(100 + 900 * random());
  }
  return bars;
}
