import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { EaConnection } from '../link/connection.ts';
import type { ConnectionOptions } from '../link/connection-terms.ts';
import { LinkCode } from '../link/wire.ts';
import { DataFileError } from '@tickhub/plugin-sdk/files';
import { FullSpeedMarketClock, PacedMarketClock, WallMarketClock, type MarketClock } from './market-clock.ts';
import { ReadTroubles, Recording } from './recording.ts';
import { ReplayFeed } from './replay-feed.ts';
import { ReplayTerminal } from './replay-terminal.ts';
import { Timeline } from './timeline.ts';
import type { Clock, Log, Publish, Store } from '@tickhub/plugin-sdk';
import type { Admit } from '../link/link.ts';

const RECONNECT_MS = 1_000;
const STATE_KEY = 'replay';

export interface ReplayFile {
  /** Relative to `root`. */
  readonly path: string;
  /** As the broker would name it. */
  readonly symbol: string;
  readonly digits: number;
}

export interface ReplayOptions extends Omit<ConnectionOptions, 'token'> {
  /** The EA's id that the replay goes by. */
  readonly name: string;
  readonly root: string;
  /** Several files of one symbol are played one after the other. */
  readonly files: readonly ReplayFile[];
  readonly speed: number | 'full';
  readonly startAt: 'now' | 'recorded';
  readonly loop: boolean;
}

export interface ReplayDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly intake: Pick<Publish, 'congested' | 'drained'>;
  readonly store: Store;
  readonly admit: Admit;
}

interface Track {
  readonly symbol: string;
  readonly digits: number;
  readonly paths: readonly string[];
}

/** Plays recorded files through an EA's link within the process: the same frames, decoder, cursors and acks as a terminal's. */
export class Replay {
  readonly troubles: ReadTroubles;
  readonly #options: ReplayOptions;
  readonly #deps: ReplayDeps;
  readonly #tracks: readonly Track[];
  #terminal: ReplayTerminal | null = null;
  #connection: EaConnection | null = null;
  #stopped = false;
  #running: Promise<void> = Promise.resolve();
  #endWait: () => void = () => undefined;

  constructor(options: ReplayOptions, deps: ReplayDeps) {
    this.#options = options;
    this.#deps = deps;
    this.troubles = new ReadTroubles(deps.log);
    const bySymbol = new Map<string, { symbol: string; digits: number; paths: string[] }>();
    for (const file of options.files) {
      const track = bySymbol.get(file.symbol) ?? { symbol: file.symbol, digits: file.digits, paths: [] };
      track.paths.push(path.resolve(options.root, file.path));
      bySymbol.set(file.symbol, track);
    }
    this.#tracks = [...bySymbol.values()];
  }

  get finished(): boolean {
    return this.#terminal?.finished ?? false;
  }

  /**
   * Reads the beginning of every file and starts to play.
   * @throws {DataFileError} when not one of the files has a tick.
   */
  async start(): Promise<void> {
    const firsts = await Promise.all(this.#tracks.map((track) => this.#firstTick(track)));
    const first = Math.min(...firsts);
    if (first === Infinity) {
      const [reason] = this.troubles.damaged.values();
      if (reason !== undefined) throw reason;
      throw new DataFileError(this.#options.files.map((file) => file.path).join(', '), 'there is no tick in it to replay');
    }
    const base = await this.#base();
    this.#running = this.#play(first, base);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#connection?.goodbye(LinkCode.stopping, 'the plugin stops');
    this.#endWait();
    await this.#running;
  }

  #open(track: Track): Recording {
    return new Recording(track.paths, this.troubles);
  }

  async #firstTick(track: Track): Promise<number> {
    const recording = this.#open(track);
    const block = await recording.next();
    recording.close();
    return block?.time[0] ?? Infinity;
  }

  async #lastTick(track: Track): Promise<number> {
    const recording = this.#open(track);
    let last = -Infinity;
    for (let block = await recording.next(); block !== null && !this.#stopped; block = await recording.next()) {
      last = block.time[block.count - 1] ?? last;
    }
    recording.close();
    return last;
  }

  /**
   * When the first tick was played for the first time, with `startAt: 'now'`: kept, so that ticks have the same times after a restart and the cursor
   * means the same.
   */
  async #base(): Promise<number> {
    const { startAt, speed, files, loop } = this.#options;
    const now = this.#deps.clock.now();
    if (startAt === 'recorded') return now;
    const what = JSON.stringify({ speed, loop, files: files.map(({ path: file, symbol }) => [file, symbol]) });
    const kept = await this.#deps.store.get(STATE_KEY);
    if (isState(kept) && kept.what === what && kept.base <= now) return kept.base;
    await this.#deps.store.set(STATE_KEY, { what, base: now });
    return now;
  }

  async #play(first: number, base: number): Promise<void> {
    const { startAt, speed, loop } = this.#options;
    const last = loop ? Math.max(...(await Promise.all(this.#tracks.map((track) => this.#lastTick(track))))) : null;
    const timeline = new Timeline({ startAt, first, last, base, speed });
    while (!this.#stopped) {
      await this.#connect(timeline);
      if (this.#stopped) return;
      await new Promise<void>((resolve) => {
        const cancel = this.#deps.clock.after(RECONNECT_MS, resolve);
        this.#endWait = () => {
          cancel();
          resolve();
        };
      });
    }
  }

  async #connect(timeline: Timeline): Promise<void> {
    const { name, heartbeatMs, maxBatch, sweepMs, silenceMs } = this.#options;
    const { clock, log, intake, admit } = this.#deps;
    const token = randomBytes(24).toString('base64url');
    const terminal = new ReplayTerminal(
      {
        eaId: name,
        token,
        feeds: this.#tracks.map(
          (track, i) => new ReplayFeed({ symIdx: i + 1, name: track.symbol, timeline, open: () => this.#open(track) }),
        ),
        digits: this.#tracks.map((track) => track.digits),
        first: timeline.played(timeline.first, 0),
        market: this.#market(),
      },
      clock,
      log,
    );
    this.#terminal = terminal;
    const connection = new EaConnection(
      terminal.channel,
      { token, heartbeatMs, maxBatch, sweepMs, silenceMs },
      {
        clock,
        intake,
        admit,
        refused: (error) => log.error(`the replay was refused: ${error.message}`, { code: error.code }),
        closed: () => undefined,
      },
    );
    this.#connection = connection;
    terminal.channel.connect(connection);
    await terminal.run();
  }

  #market(): MarketClock {
    const { startAt, speed } = this.#options;
    if (speed === 'full') return new FullSpeedMarketClock();
    return startAt === 'now' ? new WallMarketClock(this.#deps.clock) : new PacedMarketClock(this.#deps.clock, speed);
  }
}

function isState(value: unknown): value is { what: string; base: number } {
  return typeof value === 'object' && value !== null && 'what' in value && 'base' in value && typeof value.base === 'number';
}
