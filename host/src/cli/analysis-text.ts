import { pipOf } from '@tickhub/plugin-sdk/markets';
import type { AnalysisReport, ReportedSeries } from '../control/analysis-report.ts';
import { coneChart, shareBar, sparkline } from './charts.ts';
import { printable } from './printable.ts';

const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;
const BAR_WIDTH = 24;
const CHART_ROWS = 9;
const CONE_COLUMNS = 14;
const SHOWN_DETAILS = 8;

type Answered = AnalysisReport['answers'][number];

/** An analysis for a person: what each model says and how sure it is, as of when, and who said nothing and why. */
export function analysisText(report: AnalysisReport): string[] {
  const answered = report.answers.filter(({ answer }) => answer.abstained === null);
  const abstained = report.answers.flatMap(({ answer }) =>
    answer.abstained === null ? [] : [{ model: answer.model, reason: answer.abstained }],
  );
  return [
    ...headLines(report),
    ...chartLines(report),
    ...answered.flatMap((one) => ['', ...answerLines(report, one)]),
    ...consensusLines(report),
    ...listed('Abstained', [...abstained, ...report.withheld]),
    ...listed('No answer that counts', report.failures),
    ...listed(`Held back by the ${report.tier} tier`, report.heldBack),
    ...(answered.length === 0
      ? []
      : ['', 'What models say of a market is no advice, and the direction of a price is close to a coin flip.']),
  ].map(printable);
}

function headLines({ symbol, source, market, digits, askedAt, series }: AnalysisReport): string[] {
  const prices = [market.bid, market.ask].map((price) => price?.toFixed(digits) ?? '-').join(' / ');
  const tick = market.lastTickAt === null ? 'no tick yet' : `last tick ${age(askedAt - market.lastTickAt)} ago`;
  const state = market.state === 'open' ? 'open' : market.words;
  const bars = series.map(({ widthMs, at }) =>
    at === null
      ? `no closed bar of ${span(widthMs)} yet`
      : `last bar of ${span(widthMs)} closed ${clock(at)} UTC, ${age(askedAt - at)} ago`,
  );
  return [`${symbol}  ${prices}  ${source ?? 'no source yet'}  ${tick}`, `market   ${state}`, ...bars.map((text) => `bars     ${text}`)];
}

/** The recent closes, with the cone of the volatility that is forecast where one is. */
function chartLines(report: AnalysisReport): string[] {
  const hourly = report.series.find(({ widthMs }) => widthMs === HOUR) ?? report.series[0];
  if (hourly === undefined || hourly.closes.length < 2) return [];
  const forecast = report.answers.find(isVolatility);
  const percent = forecast?.answer.value ?? 0;
  if (forecast === undefined || percent <= 0) return ['', `${sparkline(hourly.closes)}  ${rangeOf(hourly, report.digits)}`];
  const last = hourly.closes.at(-1) ?? 0;
  const rows = coneChart(hourly.closes, { sigma: (last * percent) / 100, width: CONE_COLUMNS }, CHART_ROWS);
  const middle = rows.findIndex(({ value }) => value <= last);
  const labelled = rows.map(({ text, value }, i) =>
    i === 0 || i === rows.length - 1 || i === middle ? `${text}  ${value.toFixed(report.digits)}` : text.trimEnd(),
  );
  const ahead = `then +-1 sigma over ${span(forecast.answer.horizonMs)}`;
  return ['', ...labelled, `${rangeOf(hourly, report.digits)}, ${ahead}`];
}

function rangeOf({ closes, widthMs }: ReportedSeries, digits: number): string {
  return `${closes.length} closes of ${span(widthMs)}, ${Math.min(...closes).toFixed(digits)} to ${Math.max(...closes).toFixed(digits)}`;
}

function answerLines(report: AnalysisReport, one: Answered): string[] {
  const { answer, model } = one;
  const lines = [`${answer.model} ${answer.version}  ${model.question}`];
  if (isVolatility(one)) lines.push(`  ${volatilityWords(report, one)}`);
  else if (answer.value !== null) lines.push(`  ${figure(answer.value)} ${answer.unit ?? ''}`.trimEnd());
  lines.push(...probabilityLines(answer.probabilities, model.output.kind === 'probabilities' ? model.output.classes : null));
  if (answer.quantiles !== null) {
    for (const { level, value } of answer.quantiles)
      lines.push(`  ${`${figure(level * 100)} %`.padStart(7)}  ${figure(value)} ${answer.unit ?? ''}`.trimEnd());
  }
  lines.push(
    `  ${confidenceWords(answer.confidence)}; as of ${clock(answer.at)} UTC, ${age(report.askedAt - answer.at)} ago, from ${answer.inputs.count} inputs`,
  );
  const details = Object.entries(answer.details).filter(([, value]) => value !== null);
  if (details.length > 0) {
    const shown = details
      .slice(0, SHOWN_DETAILS)
      .map(([name, value]) => `${name} ${typeof value === 'number' ? figure(value) : String(value)}`);
    lines.push(`  ${shown.join(', ')}${details.length > SHOWN_DETAILS ? ', ...' : ''}`);
  }
  return lines;
}

function probabilityLines(probabilities: Readonly<Record<string, number>> | null, classes: readonly string[] | null): string[] {
  if (probabilities === null) return [];
  const names = classes ?? Object.keys(probabilities);
  const longest = Math.max(...names.map(({ length }) => length));
  return names.map((name) => {
    const share = probabilities[name] ?? 0;
    return `  ${name.padEnd(longest)}  ${shareBar(share, BAR_WIDTH)}  ${(share * 100).toFixed(0).padStart(3)} %`;
  });
}

/** A forecast of volatility in percent: its one sigma means a range of prices. */
function isVolatility({ model, answer }: Answered): boolean {
  return (
    answer.abstained === null && answer.value !== null && answer.unit === '%' && answer.horizonMs > 0 && /volatil/i.test(model.question)
  );
}

function volatilityWords({ series, digits }: AnalysisReport, { answer }: Answered): string {
  const percent = answer.value ?? 0;
  const last = series.find(({ at }) => at === answer.at)?.closes.at(-1);
  const within = `two times in three within +-${figure(percent)} % in ${span(answer.horizonMs)}`;
  if (last === undefined) return within;
  const sigma = (last * percent) / 100;
  return `${within}: ${(last - sigma).toFixed(digits)} to ${(last + sigma).toFixed(digits)} (+-${figure(sigma / pipOf(digits))} pips)`;
}

function consensusLines({ consensus, agents, askedAt }: AnalysisReport): string[] {
  if (agents === null) return [];
  const lines = ['', `Agents of the backend: ${agents.asked} asked, the tier allows ${agents.allowed}`];
  for (const { question, value, unit, probabilities, confidence, contributions, at } of consensus) {
    const merged = value === null ? 'merged' : `${figure(value)} ${unit ?? ''}`.trimEnd();
    lines.push(`  ${question}: ${merged}, ${confidenceWords(confidence)}; as of ${clock(at)} UTC, ${age(askedAt - at)} ago`);
    lines.push(...probabilityLines(probabilities, null).map((line) => `  ${line}`));
    for (const one of contributions) {
      const said =
        one.state === 'used'
          ? `${(one.weight * 100).toFixed(0)} % of it${one.value === null ? '' : `, says ${figure(one.value)}`}`
          : `${one.state}: ${one.reason}`;
      lines.push(`    ${one.from}  ${said}`);
    }
  }
  return lines;
}

function listed(title: string, entries: readonly { readonly model: string; readonly reason: string }[]): string[] {
  return entries.length === 0 ? [] : ['', `${title}:`, ...entries.map(({ model, reason }) => `  ${model}: ${reason}`)];
}

function confidenceWords(confidence: number): string {
  const shown = confidence.toFixed(2);
  if (confidence >= 0.75) return `as sure as it gets (${shown})`;
  if (confidence >= 0.5) return `fairly sure (${shown})`;
  if (confidence >= 0.25) return `not very sure (${shown})`;
  return `unsure, not to be acted on (${shown})`;
}

/** Four digits that count, without an exponent where that is readable. */
function figure(value: number): string {
  return Math.abs(value) >= 1_000 ? value.toFixed(0) : String(Number(value.toPrecision(4)));
}

function clock(time: number): string {
  return new Date(time).toISOString().slice(0, 16).replace('T', ' ');
}

function age(ms: number): string {
  if (ms < MINUTE) return `${Math.max(0, Math.round(ms / 1_000))} s`;
  if (ms < 2 * HOUR) return `${Math.round(ms / MINUTE)} min`;
  return ms < 2 * DAY ? `${Math.round(ms / HOUR)} h` : `${Math.round(ms / DAY)} days`;
}

/** A width or horizon: 1 h, 15 min, 1 day. */
function span(ms: number): string {
  if (ms % DAY === 0 && ms > DAY) return `${ms / DAY} days`;
  if (ms % HOUR === 0) return `${ms / HOUR} h`;
  return ms % MINUTE === 0 ? `${ms / MINUTE} min` : `${ms / 1_000} s`;
}
