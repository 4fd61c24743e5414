import type { PluginManifest, Tier } from '@tickhub/plugin-sdk/host';
import semver from 'semver';
import { isUp } from './state.ts';
import type { PluginState } from './state.ts';

/** What the host wants of one plugin at present. */
export type Verdict = { readonly run: true } | NotRunning;

export interface NotRunning {
  readonly run: false;
  readonly state: 'gated' | 'blocked' | 'stopped';
  readonly detail: string;
  readonly reason: string;
}

export const RUN: Verdict = { run: true };
export const DISABLED: NotRunning = { run: false, state: 'stopped', detail: '', reason: 'disabled in the config' };

/** Of a plugin that is of no use before the user has said something to it. */
export function notConfigured(id: string): NotRunning {
  return { run: false, state: 'stopped', detail: 'not configured', reason: `not configured: set plugins.${id} in the config` };
}

const RANK: Record<Tier, number> = { free: 0, pro: 1, enterprise: 2 };

/** What the verdicts are made from. */
export interface Judged {
  readonly manifest: PluginManifest;
  readonly state: PluginState;
}

/** Through these a plugin that was up goes back up by itself: those that need it hold on meanwhile. */
const COMING_BACK: ReadonlySet<PluginState> = new Set(['crashed', 'backoff', 'resolved', 'starting']);

/** Whether each plugin should run: its tier, and what it requires. */
export function verdicts(plugins: readonly Judged[], tier: Tier): Map<string, Verdict> {
  return new Map(plugins.map((plugin) => [plugin.manifest.id, gate(plugin.manifest, tier) ?? block(plugin, plugins) ?? RUN]));
}

function gate({ tier: needed }: PluginManifest, tier: Tier): Verdict | null {
  if (RANK[tier] >= RANK[needed]) return null;
  return { run: false, state: 'gated', detail: needed, reason: `needs the tier ${needed}, the subscription is ${tier}` };
}

function block(plugin: Judged, plugins: readonly Judged[]): Verdict | null {
  for (const [service, range] of Object.entries(plugin.manifest.requires)) {
    const providers = providersOf(service, plugins);
    const fitting = providers.filter(({ manifest }) =>
      semver.satisfies(manifest.provides[service] ?? '', range, { includePrerelease: true }),
    );
    const wasUp = isUp(plugin.state);
    if (fitting.some(({ state }) => isUp(state) || (wasUp && COMING_BACK.has(state)))) continue;
    return {
      run: false,
      state: 'blocked',
      detail: service,
      reason: `requires ${service} ${range}: ${whyMissing(plugin, service, providers, fitting, plugins)}`,
    };
  }
  return null;
}

function whyMissing(
  plugin: Judged,
  service: string,
  providers: readonly Judged[],
  fitting: readonly Judged[],
  plugins: readonly Judged[],
): string {
  const [provider] = fitting;
  if (provider === undefined) {
    if (providers.length === 0) return 'no plugin provides it';
    return `there is ${providers.map(({ manifest }) => `${manifest.provides[service]} from ${manifest.id}`).join(', ')}`;
  }
  const circle = pathTo(provider, plugin, plugins);
  if (circle !== null) return `circular: ${[plugin.manifest.id, ...circle].join(' needs ')}`;
  return `${provider.manifest.id} is ${provider.state}`;
}

function providersOf(service: string, plugins: readonly Judged[]): Judged[] {
  return plugins.filter(({ manifest }) => Object.hasOwn(manifest.provides, service));
}

/** The plugins that need each other from one to the other, or null. */
function pathTo(from: Judged, to: Judged, plugins: readonly Judged[], seen = new Set<Judged>()): string[] | null {
  if (from === to) return [to.manifest.id];
  if (seen.has(from)) return null;
  seen.add(from);
  for (const service of Object.keys(from.manifest.requires)) {
    for (const provider of providersOf(service, plugins)) {
      const rest = pathTo(provider, to, plugins, seen);
      if (rest !== null) return [from.manifest.id, ...rest];
    }
  }
  return null;
}

/** The plugins in the order to stop them: waves, each of which nobody that comes later needs. */
export function stopWaves(manifests: readonly PluginManifest[]): string[][] {
  const waves: string[][] = [];
  let left = [...manifests];
  while (left.length > 0) {
    const needed = new Set(left.flatMap(({ requires }) => Object.keys(requires)));
    const free = left.filter(
      ({ id, provides }) =>
        !Object.keys(provides).some((service) => needed.has(service) && left.some((m) => m.id !== id && service in m.requires)),
    );
    // A circle never ran; its members may stop together.
    const wave = free.length > 0 ? free : left;
    waves.push(wave.map(({ id }) => id));
    left = left.filter((manifest) => !wave.includes(manifest));
  }
  return waves;
}
