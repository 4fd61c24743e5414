import { nearestName } from '@tickhub/plugin-sdk/host';
import type { GateVerdict } from '@tickhub/plugin-sdk/host';
import { limitForJson } from '../control/status.ts';
import type { AnalysisReport } from '../control/analysis-report.ts';
import { AnalysisError } from './errors.ts';
import type { Refusal } from './job.ts';
import type { MarketMonitor } from './market-monitor.ts';
import type { ModelRecord } from './model-record.ts';
import type { Round } from './questioner.ts';
import type { WatchedSeries } from './watched-series.ts';

/** Who asks waits this long at most: the past of a symbol may have to be brought together first. */
const PATIENCE_MS = 20_000;
const SHOWN_CLOSES = 60;
const NAMED = 5;

export interface RequestDeps {
  readonly monitor: MarketMonitor;
  readonly tier: () => string;
  /** The verdicts of all symbols that sources have named. */
  readonly symbols: () => readonly GateVerdict[];
  readonly now: () => number;
}

/**
 * Analyses a symbol now: every model that may answer, as of the last closed bar. A market that is closed is not asked about: its models abstain.
 * @throws {AnalysisError} NO_SYMBOL with the nearest names, SYMBOL_HELD_BACK with the tier's reason, NO_MODELS
 */
export async function analyse({ monitor, tier, symbols, now }: RequestDeps, name: string): Promise<AnalysisReport> {
  const symbol = knownSymbol(name, symbols());
  const models = monitor.roster.models;
  if (models.length === 0)
    throw new AnalysisError('NO_MODELS', 'no plugin that runs serves models; `tickhub status` shows what keeps one from running');
  const live = monitor.bars.sourceOf(symbol);
  const tick = monitor.bars.lastTick(symbol);
  const market = monitor.hoursOf(symbol);
  const series = monitor.seriesOf(symbol, live?.digits ?? 5);
  const isOpen = market.state === 'open';
  const rounds = await Promise.all(
    series.map((one) => (isOpen ? withinPatience(monitor.ask(one, true)) : one.whenReady().then(() => null))),
  );
  const asked = rounds.filter((round) => round !== null);
  const widths = new Set(asked.map((round) => round.series));
  const consensus = asked.flatMap((round) => round.consensus ?? []);
  return {
    symbol,
    askedAt: now(),
    tier: tier(),
    source: live?.source ?? null,
    digits: live?.digits ?? 5,
    market: { ...market, lastTickAt: tick?.time ?? null, bid: priceOf(tick?.bid), ask: priceOf(tick?.ask) },
    series: series.map(seriesOf),
    answers: asked.flatMap(({ answers }) =>
      answers.map(({ plugin, answer }) => ({ plugin, model: shown(models, plugin, answer.model), answer })),
    ),
    failures: asked.flatMap(({ failures }) => failures),
    withheld: [
      ...asked.flatMap(({ withheld }) => withheld),
      ...unasked(
        monitor,
        series.filter((one) => !widths.has(one)),
        isOpen ? 'its bars are still brought together; ask again' : market.words,
      ),
    ],
    heldBack: models.filter(({ allowed }) => !allowed).map(({ description, reason }) => ({ model: description.id, reason })),
    consensus: consensus.flatMap(({ merged }) => [...merged]),
    agents:
      consensus.length === 0
        ? null
        : {
            asked: Math.max(...consensus.map(({ asked }) => asked)),
            allowed: limitForJson(Math.max(...consensus.map(({ allowed }) => allowed))),
          },
  };
}

/** @throws {AnalysisError} NO_SYMBOL, SYMBOL_HELD_BACK */
function knownSymbol(name: string, verdicts: readonly GateVerdict[]): string {
  const verdict =
    verdicts.find(({ symbol }) => symbol === name) ?? verdicts.find(({ symbol }) => symbol.toLowerCase() === name.toLowerCase());
  if (verdict === undefined) {
    const names = verdicts.filter(({ allowed }) => allowed).map(({ symbol }) => symbol);
    const near = nearestNames(name, names);
    const known =
      names.length === 0
        ? 'No source has brought any symbol yet.'
        : `There are ${names.slice(0, 12).join(', ')}${names.length > 12 ? ' and more' : ''}.`;
    throw new AnalysisError('NO_SYMBOL', `there is no symbol "${name}". ${near.length > 0 ? `Did you mean ${near.join(', ')}?` : known}`);
  }
  if (!verdict.allowed) throw new AnalysisError('SYMBOL_HELD_BACK', `${verdict.symbol} is held back: ${verdict.reason ?? 'by the tier'}`);
  return verdict.symbol;
}

/** Names that are close to a mistyped one, the closest first. */
function nearestNames(name: string, known: readonly string[]): string[] {
  const near: string[] = [];
  let left = known;
  while (near.length < NAMED) {
    const next = nearestName(name, left);
    if (next === null) break;
    near.push(next);
    left = left.filter((other) => other !== next);
  }
  return near;
}

/** Null when it takes longer than anybody waits; it goes on all the same. */
async function withinPatience(round: Promise<Round>): Promise<Round | null> {
  const { promise: late, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(() => resolve(null), PATIENCE_MS);
  try {
    return await Promise.race([round, late]);
  } finally {
    clearTimeout(timer);
  }
}

function unasked(monitor: MarketMonitor, series: readonly WatchedSeries[], reason: string): Refusal[] {
  const widths = new Set(series.map(({ key }) => key.widthMs));
  return monitor.roster.models.flatMap(({ allowed, description }) =>
    allowed && description.bars !== undefined && widths.has(description.bars.widthMs) ? [{ model: description.id, reason }] : [],
  );
}

function seriesOf(series: WatchedSeries): AnalysisReport['series'][number] {
  const { time, close } = series.newest(SHOWN_CLOSES);
  const last = time.at(-1);
  const { widthMs } = series.key;
  return { widthMs, at: last === undefined ? null : last + widthMs, times: Array.from(time), closes: Array.from(close) };
}

/** Two plugins may serve models of one id, of which one is asked. */
function shown(models: readonly ModelRecord[], plugin: string, id: string): AnalysisReport['answers'][number]['model'] {
  const description = models.find((model) => model.plugin === plugin && model.description.id === id)?.description;
  return { question: description?.question ?? 'its plugin has gone', output: description?.output ?? { kind: 'value', unit: '' } };
}

function priceOf(price: number | undefined): number | null {
  return price === undefined || price === 0 ? null : price;
}
