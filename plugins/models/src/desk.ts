import type { AnalystHandler, AnalystTerms, BarsTask, ModelAnswer, RecordTask, SeedTask } from '@tickhub/plugin-sdk';
import { BarSeries } from './bar-series.ts';
import type { BarModel, Finding, RecordModel, SymbolModel } from './model.ts';
import { abstention } from './model.ts';
import type { ModelFile } from './model-file.ts';
import type { Shelf } from './shelf.ts';

/** One symbol: its bars, and what each model remembers of it. */
interface SymbolDesk {
  readonly series: BarSeries;
  readonly models: ReadonlyMap<string, SymbolModel>;
}

export interface DeskTerms {
  readonly shelf: Shelf;
  readonly files: ReadonlyMap<string, ModelFile>;
  /** In the order in which they are asked: one may use what those before it found. */
  readonly barModels: readonly BarModel[];
  readonly recordModels: readonly RecordModel[];
}

/** Answers the monitor: keeps each symbol's bars, asks the models that may answer, and says of the others that they may not. */
export class Desk implements AnalystHandler {
  readonly #terms: DeskTerms;
  readonly #symbols = new Map<string, SymbolDesk>();
  #answers = 0;
  #abstentions = 0;

  constructor(terms: DeskTerms) {
    this.#terms = terms;
  }

  get counters(): Readonly<Record<'symbols' | 'answers' | 'abstentions', number>> {
    return { symbols: this.#symbols.size, answers: this.#answers, abstentions: this.#abstentions };
  }

  onTerms(terms: AnalystTerms): Promise<void> {
    return this.#terms.shelf.setTerms(terms);
  }

  async onSeed(task: SeedTask): Promise<void> {
    const desk = this.#open(task);
    desk.series.append(task.bars);
    for (const [id, model] of desk.models) if (this.#mayRun(id)) await model.seed?.(task.bars);
  }

  async onBars(task: BarsTask): Promise<readonly ModelAnswer[]> {
    const desk = this.#symbols.get(keyOf(task)) ?? this.#open(task);
    const { bars } = task;
    for (let i = 0; i < bars.time.length; i++) {
      if (!desk.series.push(bars, i)) continue;
      for (const [id, model] of desk.models) if (this.#mayRun(id)) await model.push?.();
    }
    if (desk.series.count === 0) return [];
    const findings = new Map<string, Finding>();
    // Those before the last that is asked are run with it: it may build on them.
    const order = [...desk.models];
    const last = order.findLastIndex(([id]) => asked(task, id));
    for (const [id, model] of order.slice(0, last + 1)) {
      if (!this.#terms.shelf.mayAnswer(id)) continue;
      const broken = this.#terms.shelf.broken.get(id);
      const { closedAt } = desk.series;
      findings.set(
        id,
        broken === undefined ? await model.answer(task.context, findings) : abstention(broken, { from: closedAt, to: closedAt, count: 0 }),
      );
    }
    return [...findings].flatMap(([id, finding]) => (asked(task, id) ? this.#answer(id, task.symbol, desk.series.closedAt, finding) : []));
  }

  async onRecord(task: RecordTask): Promise<readonly ModelAnswer[]> {
    const answers: ModelAnswer[] = [];
    for (const model of this.#terms.recordModels) {
      if (!this.#mayRun(model.id) || !asked(task, model.id)) continue;
      if (this.#terms.files.get(model.id)?.streams.includes(task.stream) !== true) continue;
      for (const { symbol, at, finding } of await model.answer(task)) answers.push(...this.#answer(model.id, symbol, at, finding));
    }
    return answers;
  }

  #mayRun(id: string): boolean {
    const { shelf } = this.#terms;
    return shelf.mayAnswer(id) && !shelf.broken.has(id);
  }

  /** A symbol about which nothing is known. */
  #open(task: SeedTask | BarsTask): SymbolDesk {
    const series = new BarSeries(task.symbol, task.digits, task.widthMs);
    const models = new Map<string, SymbolModel>();
    for (const model of this.#terms.barModels) models.set(model.id, model.symbol(series, models));
    const desk = { series, models };
    this.#symbols.set(keyOf(task), desk);
    return desk;
  }

  #answer(id: string, symbol: string, at: number, finding: Finding): ModelAnswer[] {
    const file = this.#terms.files.get(id);
    if (file === undefined) return [];
    if (finding.abstained === null) this.#answers++;
    else this.#abstentions++;
    return [{ model: id, version: file.version, symbol, at, horizonMs: file.horizonMs, ...finding }];
  }
}

function keyOf({ symbol, widthMs }: SeedTask | BarsTask): string {
  return `${widthMs} ${symbol}`;
}

function asked({ models }: BarsTask | RecordTask, id: string): boolean {
  return models === null || models.includes(id);
}
