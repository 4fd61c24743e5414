import { setTimeout as delay } from 'node:timers/promises';
import { setImmediate } from 'node:timers/promises';
import { PipeFrame } from '@tickhub/plugin-sdk/host';
import type { SymbolTable } from '@tickhub/plugin-sdk/host';
import type { ReplayItem, ReplayQuery } from '../history/history.ts';
import type { ReplaySource } from '../history-files/history-jobs.ts';
import type { RunningTenant } from '../tenant/tenant.ts';
import { Pace } from './replay-clock.ts';
import type { ReplayClock } from './replay-clock.ts';
import { REPLAY, ReplayLink } from './replay-link.ts';

/** What the backend has not acknowledged yet, and what a model has not read yet, at most: beyond it the spool would let ticks go, or the model miss some. */
const MAX_SPOOLED_BYTES = 8 * 1_048_576;
const MAX_MODEL_BACKLOG = 1_048_576;
/** Questions to models that wait, at most: beyond many of them the monitor lets some go. */
const MAX_QUESTIONS = 64;
const LOOK_AGAIN_MS = 2;
/** Items between two turns of the event loop. */
const TURN_ITEMS = 64;

const encoder = new TextEncoder();
const json = (value: unknown): Uint8Array => encoder.encode(JSON.stringify(value));
const named = (source: string): string => `${REPLAY}:${source}`;

/** Plays a snapshot into a tenant, as a source's isolate would: item by item, in the snapshot's order, each when it is due. */
export class ReplayPlayer {
  /** When what was played last had been received, Unix epoch milliseconds; 0 before the first. */
  at = 0;
  readonly #tenant: RunningTenant;
  readonly #clock: ReplayClock;
  readonly #pace: Pace;
  readonly #stop: AbortSignal;

  /** @param speed Infinity: as fast as the host takes it. */
  constructor(tenant: RunningTenant, clock: ReplayClock, speed: number, stop: AbortSignal) {
    this.#tenant = tenant;
    this.#clock = clock;
    this.#pace = new Pace(speed);
    this.#stop = stop;
  }

  /** Resolves when all was played, or at once after `stop`. */
  async play(snapshot: ReplaySource, query: ReplayQuery): Promise<void> {
    const link = new ReplayLink();
    const attachment = this.#tenant.plugins.attach(link);
    try {
      attachment.onFrame(PipeFrame.symbols, json(tableOf(snapshot)));
      let items = 0;
      for await (const item of snapshot.replay(query)) {
        await this.#due(item.at);
        await this.#room(link);
        if (this.#stop.aborted) return;
        this.#tenant.analysis.monitor.lookUntil(item.at, (at) => this.#clock.reached(at));
        this.#clock.reached(item.at);
        this.at = item.at;
        if (item.kind === 'ticks') attachment.onFrame(PipeFrame.ticks, item.batch.bytes);
        else attachment.onFrame(PipeFrame.records, json(published(item)));
        if (++items % TURN_ITEMS === 0) await setImmediate();
      }
    } finally {
      attachment.detach();
    }
  }

  async #due(at: number): Promise<void> {
    const ms = this.#pace.waitFor(at);
    // A timer's own grain is a millisecond; what is due sooner is due.
    if (ms >= 1) await delay(ms, undefined, { signal: this.#stop }).catch(() => undefined);
  }

  async #room(link: ReplayLink): Promise<void> {
    await link.ready();
    while (!this.#stop.aborted && this.#isFull()) await delay(LOOK_AGAIN_MS);
  }

  #isFull(): boolean {
    const { spool, plugins, analysis } = this.#tenant;
    return spool.depth.bytes > MAX_SPOOLED_BYTES || plugins.modelBacklog > MAX_MODEL_BACKLOG || analysis.monitor.waiting > MAX_QUESTIONS;
  }
}

function tableOf(snapshot: ReplaySource): SymbolTable {
  const symbols = snapshot.symbols();
  return {
    sources: [...new Map(symbols.map(({ sourceId, source }) => [sourceId, { id: sourceId, name: named(source) }])).values()],
    symbols: symbols.map(({ id, sourceId, symbol, rawName, digits }) => ({ id, sourceId, name: symbol, rawName, digits })),
  };
}

/** The host numbers records itself, and stamps them with the replay's clock. */
function published({ batch }: Extract<ReplayItem, { kind: 'records' }>): unknown {
  const records = batch.records.map(({ time, symbol, key, sourceTime, body }) => ({ time, symbol, key, sourceTime, body }));
  return { stream: batch.stream, source: named(batch.source), records };
}
