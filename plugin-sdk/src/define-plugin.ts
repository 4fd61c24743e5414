import type { z } from 'zod';
import type { InjectMap, Injected } from './capabilities/capability.ts';
import type { PluginStatus, Snapshot } from './protocol/control.ts';
import type { PluginKind } from './manifest/plugin-kind.ts';

/** What every plugin's `start` gets, besides what it asked for in `inject`. */
export interface PluginContext<Config> {
  readonly plugin: { readonly id: string; readonly version: string };
  /** The config, parsed by the plugin's own schema. */
  readonly config: Config;
  /** Absolute path of a folder the plugin may write to. */
  readonly dataDir: string;
  /** Aborted when the plugin is to stop. */
  readonly signal: AbortSignal;
  /** What the version before this one left with its `snapshot`, on a reload; otherwise null. */
  readonly restored: Snapshot | null;
}

/** What `start` may give back. All of it is optional. */
export interface RunningPlugin {
  /** What the plugin says of itself, asked once a second. */
  status?(): PluginStatus;
  /** State for the next version: structured-cloneable, up to 1 MiB, within 1 s. */
  snapshot?(): unknown;
  /** Stop taking in, let go of what is exclusive (ports, logins), publish what is in hand. What was published is flushed after it. */
  stop?(): void | Promise<void>;
}

export interface PluginDefinition<Config = unknown, M extends InjectMap = InjectMap> {
  readonly kind: PluginKind;
  /** Capabilities wanted: `{ publish: Publish, log: Log }` gives `ctx.publish` and `ctx.log`. */
  readonly inject?: M;
  /** Schema of the config; without one the config must be empty. */
  readonly config?: z.ZodType<Config>;
  start(ctx: PluginContext<Config> & Injected<M>): RunningPlugin | void | Promise<RunningPlugin | void>;
}

/** Which capabilities each kind may ask for. */
export const CAPABILITIES_OF_KIND: Readonly<Record<PluginKind, ReadonlySet<string>>> = {
  'data-source': new Set(['log', 'clock', 'store', 'http', 'socket', 'publish', 'gate', 'history']),
  model: new Set(['log', 'clock', 'store', 'http', 'socket', 'publish', 'market', 'analyst', 'history']),
  transport: new Set(['log', 'clock', 'store', 'http', 'socket', 'delivery', 'agents', 'credentials']),
};

const DEFINITION = Symbol.for('tickhub.plugin-definition');

/**
 * Defines a plugin; the module's default export.
 * @example
 * export default definePlugin({
 *   kind: 'data-source',
 *   inject: { publish: Publish, clock: Clock },
 *   config: z.object({ everyMs: z.number().default(1000) }),
 *   start({ publish, clock, config }) {
 *     clock.every(config.everyMs, () => { publish.tick({ symbol: 'DEMO', time: clock.now(), bid: 1, ask: 2 }); });
 *   },
 * });
 */
export function definePlugin<Config = Record<string, never>, const M extends InjectMap = Record<never, never>>(
  definition: PluginDefinition<Config, M>,
): PluginDefinition<Config, M> {
  return Object.freeze({ ...definition, [DEFINITION]: true });
}

/** Whether a module's default export came from {@link definePlugin}. */
export function isPluginDefinition(value: unknown): value is PluginDefinition {
  return typeof value === 'object' && value !== null && DEFINITION in value;
}
