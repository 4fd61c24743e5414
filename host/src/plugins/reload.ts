/**
 * One version of a plugin takes over from another that runs:
 *
 *     load new -> snapshot of old -> start new beside old -> first output, or a probation in health -> the new one is in charge
 *
 * Where two may not run at once (`overlap: false`): load new -> snapshot of old -> drain old -> start new -> the same proof; when it fails the old one,
 * which waits, is started again. Whoever calls this then lets the old one drain and exit. Whatever fails before the end leaves the old one in charge.
 */
import type { Snapshot } from '@tickhub/plugin-sdk/host';
import type { Isolate, LoadTerms } from './isolate/isolate.ts';
import { proveHealth } from './isolate/proof.ts';
import { PluginError } from './errors.ts';
import type { PluginTimings } from './timings.ts';

export interface ReloadEvent {
  readonly plugin: string;
  readonly from: string;
  readonly to: string;
  readonly outcome: 'switched' | 'kept';
  readonly reason: string;
  /** From the beginning to the switch, or to the failure. */
  readonly ms: number;
  /** Unix epoch milliseconds. */
  readonly at: number;
}

export interface SwapTerms {
  readonly old: Isolate;
  readonly launch: () => Promise<Isolate>;
  readonly load: LoadTerms;
  readonly timings: PluginTimings;
  readonly acceptDegraded: boolean;
  readonly drainMs: number;
  readonly signal: AbortSignal;
  readonly warn: (message: string) => void;
}

/**
 * @returns the new isolate, in charge; the old one is to be retired.
 * @throws {PluginError} why the new one failed; it is gone then, and the old one runs.
 */
export async function swap(terms: SwapTerms): Promise<Isolate> {
  const { old, signal, timings } = terms;
  const fresh = await terms.launch();
  let snapshot: Snapshot | null = null;
  try {
    await fresh.load(terms.load, signal);
    snapshot = await snapshotOf(terms);
    if (old.manifest.overlap && fresh.manifest.overlap) {
      await fresh.start(snapshot, signal);
      await proveHealth(fresh, { timings, acceptDegraded: terms.acceptDegraded, signal });
    } else {
      await letGo(terms);
      await fresh.start(snapshot, signal);
      // A source that just lost its connection to its successor cannot be well at once.
      await proveHealth(fresh, { timings, acceptDegraded: true, signal });
    }
    return fresh;
  } catch (error) {
    fresh.crash(new PluginError('PLUGIN_REPLACED', 'dropped'));
    // Its port and its files are free only when it is gone.
    await fresh.ended;
    await wake(old, snapshot);
    throw error;
  }
}

/** A snapshot that fails is no reason to stay at the old version, whose bug it is. */
async function snapshotOf({ old, warn }: SwapTerms): Promise<Snapshot | null> {
  try {
    return await old.snapshot();
  } catch (error) {
    warn(`the new version begins without the state of the old one: ${(error as Error).message}`);
    return null;
  }
}

/** What the old one holds must be free; if it will not let go, its process ends. */
async function letGo({ old, drainMs, warn }: SwapTerms): Promise<void> {
  try {
    await old.drain(drainMs);
  } catch (error) {
    warn(`the old version did not drain and is ended: ${(error as Error).message}`);
    await old.exit(0);
  }
}

async function wake(old: Isolate, snapshot: Snapshot | null): Promise<void> {
  if (!old.drained) return;
  try {
    await old.start(snapshot);
  } catch (error) {
    old.crash(PluginError.from(error, 'PLUGIN_START_FAILED', 'it did not start again after a reload that failed'));
  }
}
