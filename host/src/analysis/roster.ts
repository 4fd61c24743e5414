import { Tier } from '@tickhub/plugin-sdk/host';
import type { ModelDescription, RecordStream } from '@tickhub/plugin-sdk/host';
import type { Analyst } from './analyst.ts';
import type { Analysts } from './analysts.ts';
import { widthFault } from './bars/bar-time.ts';
import type { Job } from './job.ts';
import { Lane } from './lane.ts';
import type { LaneDeps } from './lane.ts';
import { ModelNames } from './model-names.ts';
import { ModelRecord } from './model-record.ts';
import { MOST_BARS_WANTED } from './watched-series.ts';
import type { SeriesNeeds } from './watched-series.ts';

const MIB = 1_048_576;
/** A question that was under way when its plugin ended is given to the next process of it, once: it may be what ended it. */
const MOST_TRIES = 2;
const MOST_LEFT = 1_024;

/** What a tier says of models. */
export interface ModelAllowance {
  readonly tier: Tier;
  readonly limits: { readonly cacheMb: number };
}

export interface RosterDeps {
  readonly analysts: Analysts;
  readonly allowance: () => ModelAllowance;
  readonly lanes: LaneDeps;
  /** Called when other models are there, or may answer. */
  readonly onChange: () => void;
  /** Told once, while it lasts, that a model is not asked because its id is another plugin's. */
  readonly onNameTaken: (reason: string, plugin: string) => void;
}

/** The models there are, which of them may answer and why the others may not, and a lane to each plugin that serves some. */
export class Roster {
  readonly #deps: RosterDeps;
  readonly #names = new ModelNames();
  readonly #lanes = new Map<string, Lane>();
  /** By plugin: what its last process left unanswered. */
  readonly #left = new Map<string, Job[]>();
  /** By plugin and model; they outlive processes. */
  readonly #records = new Map<string, Map<string, ModelRecord>>();

  constructor(deps: RosterDeps) {
    this.#deps = deps;
    deps.analysts.onAdded(() => this.refresh());
    deps.analysts.onRemoved(() => this.refresh());
  }

  get lanes(): readonly Lane[] {
    return [...this.#lanes.values()];
  }

  /** Every model that is there now. */
  get models(): readonly ModelRecord[] {
    return this.lanes.flatMap(({ analyst, records }) => analyst.models.flatMap(({ id }) => records.get(id) ?? []));
  }

  /** Widths of bars that some model works on. */
  get widths(): readonly number[] {
    return [...new Set(this.#allowed().flatMap(({ bars }) => bars?.widthMs ?? []))].sort((a, b) => a - b);
  }

  get streams(): ReadonlySet<RecordStream> {
    return new Set(this.#allowed().flatMap(({ streams }) => streams));
  }

  /** What the models want of bars of a width together. */
  needsOf(widthMs: number): SeriesNeeds {
    const bars = this.#allowed().flatMap(({ bars }) => (bars?.widthMs === widthMs ? [bars] : []));
    const want = Math.min(MOST_BARS_WANTED, Math.max(1, ...bars.map(({ want }) => want)));
    return { want, need: Math.max(1, ...bars.map(({ need }) => need)) };
  }

  /** Takes note of which plugins run and what the tier allows, and tells the plugins. */
  refresh(): void {
    const current = this.#deps.analysts.current;
    for (const [plugin, lane] of this.#lanes) if (!current.includes(lane.analyst)) this.#end(plugin, lane);
    for (const analyst of current) if (!this.#lanes.has(analyst.plugin)) this.#lanes.set(analyst.plugin, this.#laneTo(analyst));
    this.#names.settle(this.lanes.map(({ analyst }) => analyst));
    this.#tellTerms();
    this.#deps.onChange();
    for (const [plugin, jobs] of this.#left) {
      const lane = this.#lanes.get(plugin);
      if (lane === undefined) continue;
      this.#left.delete(plugin);
      for (const job of jobs) this.#askAgain(lane, job);
    }
  }

  #allowed(): ModelDescription[] {
    return this.models.filter(({ allowed }) => allowed).map(({ description }) => description);
  }

  #laneTo(analyst: Analyst): Lane {
    const records = this.#records.get(analyst.plugin) ?? new Map<string, ModelRecord>();
    this.#records.set(analyst.plugin, records);
    for (const model of analyst.models) {
      const known = records.get(model.id);
      if (known === undefined) records.set(model.id, new ModelRecord(analyst.plugin, model));
      else {
        known.description = model;
        known.begin();
      }
    }
    return new Lane(analyst, records, this.#deps.lanes);
  }

  #end(plugin: string, lane: Lane): void {
    this.#lanes.delete(plugin);
    this.#left.set(plugin, [...(this.#left.get(plugin) ?? []), ...lane.end()].slice(-MOST_LEFT));
  }

  #askAgain(lane: Lane, job: Job): void {
    const models = job.models.filter((id) => lane.records.get(id)?.allowed === true);
    const gone = (): void =>
      job.done({
        answers: [],
        failures: job.models.map((model) => ({ model, reason: `${lane.analyst.plugin} ended over it` })),
        withheld: [],
      });
    if (job.tries >= MOST_TRIES || models.length === 0) return gone();
    job.tries++;
    if (!lane.ask({ ...job, models })) gone();
  }

  #tellTerms(): void {
    const { tier, limits } = this.#deps.allowance();
    for (const record of this.models) {
      const taken = this.#names.reasonAgainst(record.description.id, record.plugin);
      if (taken !== null && taken !== record.reason) this.#deps.onNameTaken(taken, record.plugin);
      record.reason = taken ?? reasonAgainst(record.description, tier);
      record.allowed = record.reason === '';
    }
    const bytes = this.lanes.map(bytesOf);
    const total = bytes.reduce((sum, one) => sum + one, 0);
    this.lanes.forEach((lane, i) => {
      // Together they have the tier's cache, each by what its models take.
      const share = total === 0 ? 1 / bytes.length : (bytes[i] as number) / total;
      const models = lane.analyst.models.map(({ id }) => {
        const record = lane.records.get(id);
        const reason = record?.reason ?? '';
        return { id, allowed: record?.allowed === true, ...(reason !== '' && { reason }) };
      });
      lane.setTerms({ models, cacheBytes: Math.floor(limits.cacheMb * MIB * share) });
    });
  }
}

function bytesOf({ analyst, records }: Lane): number {
  return analyst.models.reduce((sum, { id, bytes }) => sum + (records.get(id)?.allowed === true ? bytes : 0), 0);
}

function reasonAgainst({ id, tier: needed, bars }: ModelDescription, tier: Tier): string {
  const order = Tier.options;
  if (order.indexOf(needed) > order.indexOf(tier)) return `${id} needs ${needed}; your tier is ${tier}`;
  return bars === undefined ? '' : (widthFault(bars.widthMs) ?? '');
}
