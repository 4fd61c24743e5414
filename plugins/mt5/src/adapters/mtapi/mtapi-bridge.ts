import { createFollower, type Follower, type Socket, type SocketConnection, type SourceHealth } from '@tickhub/plugin-sdk';
import { seconds } from '../../session/words.ts';
import { QuoteLink } from '../quote-link.ts';
import { CLIENT_READY, readMessage } from './protocol.ts';
import type { Bridge, BridgeTerms } from '../bridge.ts';

export interface MtapiOptions {
  /** `ws://host:8228/ws`. */
  readonly url: string;
  readonly socket: Socket;
}

/** The server says nothing while no symbol ticks, but answers this. */
const ASK_EVERY_MS = 10_000;
const STALE_AFTER_MS = 35_000;
/** Without a tick for so long, with all else well, is worth a word. */
const QUIET_MS = 60_000;
const MAX_DETAIL = 500;

/** Ticks out of the WebSocket of mtapi 2's MT5Connector. */
export class MtapiBridge implements Bridge {
  readonly #terms: BridgeTerms;
  readonly #options: MtapiOptions;
  readonly #source: string;
  readonly #link: QuoteLink;
  readonly #follower: Follower;
  readonly #decoder = new TextDecoder();
  /** Symbols by the chart they come from. */
  readonly #charts = new Map<number, Set<string>>();
  /** Charts whose EA is connected to the server; null before the server has said so on this connection. */
  #experts: Set<number> | null = null;
  #expertsChangedAt: number;
  #connection: SocketConnection | null = null;
  #stopAsking: (() => void) | null = null;
  /** Epoch milliseconds. */
  #askedAt = 0;
  /** Epoch milliseconds of the last message. */
  #heardAt = 0;
  #tickedAt: number;
  #otherMessages = 0;

  constructor(options: MtapiOptions, terms: BridgeTerms) {
    const { clock, log } = terms;
    this.#options = options;
    this.#terms = terms;
    this.#source = `mt5:${terms.id}`;
    this.#link = new QuoteLink(terms, { server: 'mtapi', snapshots: false });
    this.#follower = createFollower({ socket: options.socket, clock, log });
    this.#tickedAt = clock.monotonic();
    this.#expertsChangedAt = clock.now();
  }

  start(): void {
    this.#link.open();
    this.#follower.add({
      name: this.#source,
      staleAfterMs: STALE_AFTER_MS,
      request: () => ({ url: this.#options.url }),
      opened: (connection) => this.#opened(connection),
      take: (data) => this.#take(typeof data === 'string' ? data : this.#decoder.decode(data)),
    });
    this.#stopAsking = this.#terms.clock.every(ASK_EVERY_MS, () => this.#ask());
  }

  stop(): void {
    this.#stopAsking?.();
    this.#follower.stop();
    this.#link.close('Tickhub reloads or stops');
  }

  #opened(connection: SocketConnection): void {
    if (this.#heardAt !== 0) this.#link.interrupted(this.#heardAt);
    this.#experts = null;
    this.#connection = connection;
    // The server answers in the kind of frame it was asked in: until then its events are binary.
    this.#ask();
  }

  #ask(): void {
    this.#askedAt = this.#terms.clock.now();
    this.#connection?.send(CLIENT_READY);
  }

  #take(text: string): void {
    const message = readMessage(text);
    const { clock } = this.#terms;
    this.#heardAt = clock.now();
    switch (message.kind) {
      case 'tick': {
        const { symbol, time, bid, ask, last, volume } = message.tick;
        this.#tickedAt = clock.monotonic();
        this.#chart(message.expert).add(symbol);
        this.#link.quote(symbol, bid, ask, last, volume, time);
        return;
      }
      case 'experts':
        this.#setExperts(new Set(message.handles));
        return;
      case 'added':
        this.#setExperts(new Set(this.#experts).add(message.handle));
        return;
      case 'removed': {
        const rest = new Set(this.#experts);
        rest.delete(message.handle);
        this.#setExperts(rest);
        for (const name of this.#charts.get(message.handle) ?? []) this.#link.interrupted(this.#heardAt, name);
        this.#charts.delete(message.handle);
        return;
      }
      case 'other':
        this.#otherMessages++;
    }
  }

  #chart(expert: number): Set<string> {
    let symbols = this.#charts.get(expert);
    if (symbols === undefined) this.#charts.set(expert, (symbols = new Set()));
    return symbols;
  }

  #setExperts(experts: Set<number>): void {
    if (((this.#experts?.size ?? -1) === 0) !== (experts.size === 0)) this.#expertsChangedAt = this.#terms.clock.now();
    this.#experts = experts;
  }

  health(): SourceHealth {
    const { unchanged, skipped, ticks, lastTickAt } = this.#link;
    const found = this.#follower.health()[0];
    const connection: SourceHealth = found ?? {
      source: this.#source,
      state: 'starting',
      detail: 'not begun',
      since: this.#expertsChangedAt,
      lastDataAt: null,
      nextAttemptAt: null,
      counters: {},
    };
    const counters = {
      ...connection.counters,
      experts: this.#experts?.size ?? 0,
      otherMessages: this.#otherMessages,
      ticks,
      unchanged,
      skipped,
    };
    const health = { ...connection, lastDataAt: lastTickAt, counters };
    switch (connection.state) {
      case 'ok':
        return this.#connected(health);
      case 'unreachable':
      case 'disconnected':
      case 'timeout':
        return {
          ...health,
          detail: `${connection.detail}; is the terminal running, with MtApi5 on a chart and this port as its input?`.slice(0, MAX_DETAIL),
        };
      default:
        return health;
    }
  }

  /** The server is there; what it takes besides is an EA behind it, and ticks. */
  #connected(health: SourceHealth): SourceHealth {
    if (this.#experts?.size === 0) {
      const detail = 'the mtapi server answers, and no EA is attached to it: put MtApi5 on the chart of each symbol you want';
      return { ...health, state: 'disconnected', since: this.#expertsChangedAt, nextAttemptAt: this.#askedAt + ASK_EVERY_MS, detail };
    }
    const count = this.#experts?.size ?? 0;
    const more = [`live, sampled: OnTick skips ticks; ${count} ${count === 1 ? 'chart' : 'charts'}, ${this.#link.openCount} symbols`];
    const quiet = this.#terms.clock.monotonic() - this.#tickedAt;
    if (this.#link.ticks === 0) more.push('no tick yet: MtApi5 sends them with its input Enable_OnTickEvent only');
    else if (quiet > QUIET_MS) more.push(`no tick for ${seconds(quiet)} (market closed?)`);
    if (this.#link.paused) more.push('the host cannot take more');
    const behind = this.#link.clockBehindMs;
    if (behind > 0) more.push(`this computer's clock went back; times stand still for another ${seconds(behind)}`);
    return { ...health, detail: more.join('; ').slice(0, MAX_DETAIL) };
  }
}
