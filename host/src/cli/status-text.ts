import type { AgentsStatus, HostStatus } from '../control/status.ts';
import { bytes, duration, grouped, table } from './numbers.ts';
import { qualityText } from './quality-text.ts';
import { HEALTHY, sourceTable } from './source-table.ts';
import { printable } from './printable.ts';

/** How many symbol rows are shown before the rest is only counted. */
const MAX_SYMBOL_ROWS = 20;
/** And how many sources that are not well. */
const MAX_TROUBLED_ROWS = 8;

/** The status as lines of text for a person, without control characters. */
export function statusText(status: HostStatus): string[] {
  return [...headLines(status), '', ...pluginLines(status), '', ...troubleLines(status), ...symbolLines(status)].map(printable);
}

/** The first lines: who, what tier, what flows, what waits. */
function headLines(status: HostStatus): string[] {
  const { host, entitlement, backend, ticks, records, spool, usage } = status;
  const ready = host.readyMs === null ? 'not ready yet' : `ready in ${duration(host.readyMs)}`;
  const limits = Object.entries(entitlement.limits).map(([name, limit]) => `${name} ${limit}`);
  const link = backend.link === 'up' ? `connected: ${backend.address}` : `NOT CONNECTED: ${backend.address} (${backend.reason})`;
  const waiting = `${grouped(spool.ticks)} ticks in ${grouped(spool.frames)} frames (${bytes(spool.bytes)}) wait`;
  const lines = [
    `Tickhub ${host.version}  tenant ${host.tenant}  process ${host.pid}  up ${duration(host.uptimeSeconds * 1_000)}  ${ready}`,
    `tier     ${entitlement.tier}: ${limits.join(', ')}`,
    `         ${entitlement.ground}`,
    `backend  ${link}`,
    `ticks    ${grouped(ticks.takenPerSecond)}/s in, ${grouped(ticks.ackedPerSecond)}/s acknowledged, ${grouped(ticks.taken)} taken`,
    `latency  ${latency(status)}`,
    `spool    ${waiting}; acknowledged to ${grouped(spool.ackedSeq)} of ${grouped(spool.lastSeq)}`,
    `usage    ${usageText(usage)}`,
  ];
  const { taken, duplicate, heldBack, unwanted } = records;
  if (taken + duplicate + heldBack + unwanted > 0) {
    const left = unwanted > 0 ? `, ${grouped(unwanted)} not wanted` : '';
    lines.push(`records  ${grouped(taken)} taken, ${grouped(duplicate)} duplicate, ${grouped(heldBack)} held back${left}`);
  }
  if (status.analysis.models.length > 0) lines.push(...modelLines(status.analysis));
  if (status.analysis.agents !== null) lines.push(...agentLines(status.analysis.agents));
  if (host.clock !== null) lines.push(`clock    ${host.clock.words} (${host.clock.at})`);
  if (spool.state === 'stalled') lines.push(`SPOOL STALLED: ${spool.reason}`);
  if (spool.lostTicks > 0) {
    lines.push(`LOST: ${grouped(spool.lostTicks)} ticks left the spool before they were delivered; gap records say which`);
  }
  return lines;
}

/** How many models answer, what came of it, and which of them do not and why. */
function modelLines({ models, rounds, waiting }: HostStatus['analysis']): string[] {
  const sum = (of: (model: HostStatus['analysis']['models'][number]) => number): string =>
    grouped(models.reduce((total, model) => total + of(model), 0));
  const allowed = models.filter((model) => model.allowed);
  const said = `${sum(({ answers }) => answers)} answers, ${sum(({ abstentions }) => abstentions)} abstentions, ${sum(({ failures }) => failures)} failures`;
  const left = waiting > 0 ? `, ${grouped(waiting)} questions wait` : '';
  const silent = models.flatMap(({ id, reason, lastFailure, failures }) =>
    reason !== '' ? [reason] : failures > 0 ? [`${id} failed ${grouped(failures)} times, last: ${lastFailure ?? ''}`] : [],
  );
  return [
    `models   ${allowed.length} of ${models.length} may answer; asked ${grouped(rounds)} times: ${said}${left}`,
    ...silent.map((text) => `         ${text}`),
  ];
}

/** How often agents were asked, and who among them did what does not count; nothing where there are none. */
function agentLines({ known, asked, merged, stoodAlone, rateLimited, refusals }: AgentsStatus): string[] {
  if (known + asked + refusals.length === 0) return [];
  const held = rateLimited > 0 ? `, ${grouped(rateLimited)} held back by the tier's rate` : '';
  const names = [...new Set(refusals.map(({ agent }) => agent))];
  return [
    `agents   ${grouped(known)} can be asked; asked ${grouped(asked)} times: ${grouped(merged)} merged, ${grouped(stoodAlone)} left to the local answer${held}`,
    ...names.map((name) => {
      const what = refusals.filter(({ agent }) => agent === name).map(({ reason, count }) => `${grouped(count)} ${reason}`);
      return `         refused of ${name ?? 'the backend'}: ${what.join(', ')}`;
    }),
  ];
}

function latency({ ticks, entitlement }: HostStatus): string {
  const { p50, p99 } = ticks.latencyMs;
  if (p99 === null) return 'nothing acknowledged yet';
  const { latencyMs } = entitlement.serviceLevel;
  const held = p99 <= latencyMs ? 'within' : 'OVER';
  return `p50 ${duration(p50)}, p99 ${duration(p99)} from arrival to acknowledgement, ${held} the tier's ${latencyMs} ms`;
}

function usageText({ ticks, records, dropped }: HostStatus['usage']): string {
  const parts = [`${grouped(ticks)} ticks`];
  if (records > 0) parts.push(`${grouped(records)} records`);
  if (dropped > 0) parts.push(`${grouped(dropped)} dropped`);
  return parts.join(', ');
}

function pluginLines(status: HostStatus): string[] {
  if (status.plugins.length === 0) return ['No plugins. Put one into the plugins folder.'];
  const rows = status.plugins.map((plugin) => [
    plugin.id,
    plugin.version,
    plugin.state,
    String(plugin.restarts),
    bytes(plugin.rssBytes),
    plugin.state === 'running' || plugin.state === 'degraded' ? joined(plugin.detail, plugin.reason) : joined(plugin.reason, plugin.detail),
  ]);
  return table(['plugin', 'version', 'state', 'restarts', 'memory', ''], rows);
}

/** A plugin that is degraded gives the same words as the reason of its state and as its status. */
function joined(first: string, second: string): string {
  return [...new Set([first, second])].filter((text) => text !== '').join('; ');
}

/** Sources that are not well; `tickhub sources` shows them all. */
function troubleLines({ sources }: HostStatus): string[] {
  const troubled = sources.filter(({ state }) => !HEALTHY.has(state));
  if (troubled.length === 0) return [];
  const hidden = troubled.length - MAX_TROUBLED_ROWS;
  const more = hidden > 0 ? [`and ${hidden} more; \`tickhub sources\` has them all`] : [];
  return [...sourceTable(troubled.slice(0, MAX_TROUBLED_ROWS), Date.now()), ...more, ''];
}

function symbolLines(status: HostStatus): string[] {
  if (status.symbols.length === 0) return ['No symbols yet.'];
  const shown = [...status.symbols]
    .sort((a, b) => Number(b.allowed) - Number(a.allowed) || b.perSecond - a.perSecond)
    .slice(0, MAX_SYMBOL_ROWS);
  const rows = shown.map((symbol) => [
    symbol.symbol,
    symbol.source,
    symbol.allowed ? grouped(symbol.perSecond) : 'held back',
    grouped(symbol.taken),
    symbol.reason ?? qualityText(symbol),
  ]);
  const lines = table(['symbol', 'source', 'per second', 'taken', ''], rows);
  const hidden = status.symbols.length - shown.length;
  if (hidden > 0) lines.push(`and ${hidden} more; \`tickhub status --json\` has them all`);
  return lines;
}
