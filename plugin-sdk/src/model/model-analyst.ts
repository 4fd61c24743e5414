import type { AnalystHandler } from '../capabilities/analyst.ts';
import type { AnalystTerms, BarsTask, ModelAnswer, RecordTask, SeedTask } from '../protocol/analysis.ts';
import type { PluginStatus } from '../protocol/control.ts';
import { BarInputs } from './bar-inputs.ts';
import type { Filled } from './bar-inputs.ts';
import { ModelFault } from './errors.ts';
import type { FittedOutput } from './fit.ts';
import { mib } from './inspect.ts';
import type { LoadedModel } from './loaded-model.ts';
import { readOutput } from './readout.ts';
import type { Readout } from './readout.ts';
import { RecordInputs } from './record-inputs.ts';
import type { Filling } from './session.ts';
import { MOST_RUN_MS } from './warm-up.ts';

const LONGEST_REASON = 300;
/** So many slow runs one after the other, and the model says so. */
const SLOW_RUNS = 3;

/** The moment that an answer is about. */
interface Moment {
  readonly symbol: string;
  readonly at: number;
  readonly inputs: ModelAnswer['inputs'];
}

/** Answers the monitor with one model: of each output that is asked for and allowed, what one run says. */
export class ModelAnalyst implements AnalystHandler {
  readonly #model: LoadedModel;
  readonly #records: RecordInputs | null;
  readonly #symbols = new Map<string, BarInputs>();
  readonly #counters = { answers: 0, abstentions: 0, slow: 0 };
  #allowed: ReadonlySet<string> = new Set();
  #cacheBytes = 0;
  #slowInARow = 0;
  #lastRunMs: number;

  constructor(model: LoadedModel) {
    this.#model = model;
    this.#records = model.needs === null ? new RecordInputs(model.fit.inputs) : null;
    this.#lastRunMs = model.runMs;
  }

  onTerms({ models, cacheBytes }: AnalystTerms): void {
    this.#allowed = new Set(models.flatMap(({ id, allowed }) => (allowed ? [id] : [])));
    this.#cacheBytes = cacheBytes;
  }

  onSeed({ symbol, widthMs, bars }: SeedTask): void {
    const { needs } = this.#model;
    if (needs === null || widthMs !== this.#model.widthMs) return;
    this.#symbols.delete(symbol);
    // Older ones are looked at by nothing.
    this.#barsOf(symbol)?.push(bars, Math.max(0, bars.time.length - needs.bars));
  }

  async onBars({ symbol, widthMs, bars, models }: BarsTask): Promise<readonly ModelAnswer[]> {
    const market = widthMs === this.#model.widthMs ? this.#barsOf(symbol) : null;
    if (market === null) return [];
    market.push(bars);
    if (market.count === 0) return [];
    const { span } = market;
    return this.#answers(models, [{ symbol, at: span.to + widthMs, inputs: span }], () => market.fill());
  }

  async onRecord({ stream, record, models }: RecordTask): Promise<readonly ModelAnswer[]> {
    const records = this.#records;
    if (records === null || stream !== this.#model.section.stream) return [];
    const { time: at } = record;
    const moments = symbolsOf(record).map((symbol) => ({ symbol, at, inputs: { from: at, to: at, count: 1 } }));
    return this.#answers(models, moments, () => records.fill(record.body));
  }

  status(): PluginStatus {
    const { answers, abstentions } = this.#counters;
    const isSlow = this.#slowInARow >= SLOW_RUNS;
    const slow = isSlow ? `; ${this.#model.file} takes longer than ${MOST_RUN_MS} ms` : '';
    return {
      status: isSlow ? 'degraded' : 'ok',
      detail: `${answers} answers, ${abstentions} of them abstentions; the last run took ${this.#lastRunMs.toFixed(1)} ms${slow}`,
      counters: { ...this.#counters },
    };
  }

  /** What is known of a symbol; null where the model is not asked on bars. */
  #barsOf(symbol: string): BarInputs | null {
    const { needs, fit } = this.#model;
    if (needs === null) return null;
    const found = this.#symbols.get(symbol) ?? new BarInputs(fit.inputs, needs);
    this.#symbols.set(symbol, found);
    return found;
  }

  async #answers(asked: readonly string[] | null, moments: readonly Moment[], fill: () => Filled): Promise<ModelAnswer[]> {
    const wanted = this.#model.fit.outputs.filter(({ id }) => this.#allowed.has(id) && (asked === null || asked.includes(id)));
    if (wanted.length === 0 || moments.length === 0) return [];
    const said = await this.#run(wanted, fill);
    const answers = moments.flatMap((moment) => said.map((part, i) => this.#answer(wanted[i] as FittedOutput, moment, part)));
    this.#counters.answers += answers.length;
    this.#counters.abstentions += answers.filter(({ abstained }) => abstained !== null).length;
    return answers;
  }

  /** What each output says, or why it says nothing. */
  async #run(wanted: readonly FittedOutput[], fill: () => Filled): Promise<readonly Said[]> {
    const none = (why: string): readonly Said[] => wanted.map(() => ({ why }));
    const [{ bytes = 0 } = {}] = this.#model.descriptions;
    if (bytes > this.#cacheBytes)
      return none(`it takes ${mib(bytes)} MiB, and its share of the tier's memory for models is ${mib(this.#cacheBytes)} MiB`);
    const filled = fill();
    if ('why' in filled) return none(filled.why);
    const unfit = this.#notFinite(filled.fillings);
    if (unfit !== null) return none(unfit);
    const before = performance.now();
    try {
      const outputs = await this.#model.session.run(filled.fillings);
      return wanted.map(({ name, output }): Said => {
        try {
          const readout = readOutput(output, outputs.get(name) ?? [], `${this.#model.file}: the output "${name}"`);
          return { readout, filled };
        } catch (error) {
          return { why: reasonOf(error) };
        }
      });
    } catch (error) {
      return none(reasonOf(error));
    } finally {
      this.#lastRunMs = performance.now() - before;
      const isSlow = this.#lastRunMs > MOST_RUN_MS;
      this.#slowInARow = isSlow ? this.#slowInARow + 1 : 0;
      if (isSlow) this.#counters.slow += 1;
    }
  }

  /** A tree takes NaN for a branch like any other, and gives a number for it. */
  #notFinite(fillings: readonly Filling[]): string | null {
    for (const [i, filling] of fillings.entries()) {
      if (typeof filling === 'string') continue;
      const wrong = filling.findIndex((number) => !Number.isFinite(number));
      if (wrong !== -1) return `the input "${this.#model.fit.inputs[i]?.name}" is ${filling[wrong]} at place ${wrong}`;
    }
    return null;
  }

  #answer({ id, output }: FittedOutput, { symbol, at, inputs }: Moment, said: Said): ModelAnswer {
    const { version, section, widthMs } = this.#model;
    const common = { model: id, version, symbol, at, horizonMs: (output.horizon ?? section.horizon) * widthMs, inputs };
    if ('why' in said) {
      const abstained = said.why.slice(0, LONGEST_REASON);
      return { ...common, value: null, unit: null, probabilities: null, quantiles: null, confidence: 0, abstained, details: {} };
    }
    const { certainty, ...readout } = said.readout;
    const { outside, ranged } = said.filled;
    const inside = ranged === 0 ? 1 : 1 - outside.length / ranged;
    const details: ModelAnswer['details'] = outside.length === 0 ? {} : { outside: outside.join(', ') };
    return { ...common, ...readout, confidence: certainty * inside, abstained: null, details };
  }
}

type Said = { readonly readout: Readout; readonly filled: Extract<Filled, { fillings: unknown }> } | { readonly why: string };

/** @throws what is no fault of the model */
function reasonOf(error: unknown): string {
  if (error instanceof ModelFault) return error.message;
  throw error;
}

/** The symbols that a record is about. */
function symbolsOf({ symbol, body }: RecordTask['record']): readonly string[] {
  if (symbol !== undefined) return [symbol];
  const named: unknown = body['symbols'];
  return Array.isArray(named) ? named.filter((name): name is string => typeof name === 'string' && name !== '') : [];
}
