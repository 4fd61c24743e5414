/** The way to the backend over all its connections: connects, reconnects, and stands between the spool and whichever connection there is. */
import type { Agents, AgentRequest, Clock, Credentials, Delivery, Log, Outgoing, PluginStatus } from '@tickhub/plugin-sdk';
import { Subprotocol, HEARTBEAT_MS } from '../wire/link-constants.ts';
import { AckWindow } from './ack-window.ts';
import { Backoff } from './backoff.ts';
import type { TransportConfig } from './config.ts';
import { Connection } from './connection.ts';
import { isLocal, plaintextProblem } from './plaintext.ts';
import type { Ending } from './refusals.ts';

/** Above this the spool is asked to wait; below the other, to go on. */
const FULL_BYTES = 4 * 1_048_576;
const ROOM_BYTES = 1_048_576;
/** A connection that lasted so long, or brought an ack, was a good one: the next failure begins with the shortest wait. */
const PROVEN_MS = 5_000;

export interface LinkTerms {
  readonly delivery: Delivery;
  readonly agents: Agents;
  readonly credentials: Credentials;
  readonly clock: Clock;
  readonly log: Log;
  readonly config: TransportConfig;
  readonly clientVersion: string;
  /** Uniform in [0, 1), for the jitter. */
  readonly random?: () => number;
}

type State = 'down' | 'connecting' | 'up' | 'waiting for room' | 'stopped';

export class Link {
  readonly #terms: LinkTerms;
  readonly #backoff: Backoff;
  readonly #window = new AckWindow();
  readonly #counters = {
    framesSent: 0,
    ticksSent: 0,
    recordsSent: 0,
    holesSent: 0,
    bytesSent: 0,
    messagesSent: 0,
    connections: 0,
    acks: 0,
    acksStale: 0,
    acksFuture: 0,
    acksForeign: 0,
    pauses: 0,
    framesIgnored: 0,
    agentsAsked: 0,
  };
  #state: State = 'down';
  #connection: Connection | null = null;
  #where = '';
  #reason = 'not connected yet';
  #advice = '';
  #epoch = '';
  #upSince = 0;
  #cancelRetry: (() => void) | null = null;
  #lastLogged = '';
  #offerNone = false;
  #warnedAcks = new Set<string>();
  /** Rises with each attempt: what an older one brings is not used. */
  #attempt = 0;

  constructor(terms: LinkTerms) {
    this.#terms = terms;
    this.#backoff = new Backoff(terms.random);
    const { delivery, agents, credentials, clock } = terms;
    delivery.onFrame((frame) => this.#onFrame(frame));
    delivery.onSymbols((table) => {
      if (this.#isUp) this.#connection?.sendSymbols(table);
    });
    agents.onAsk((request) => this.#onAsk(request));
    credentials.onChange(() => void this.#useNewCredentials());
    clock.every(HEARTBEAT_MS, () => this.#connection?.beat());
  }

  start(): void {
    void this.#connect();
  }

  async stop(): Promise<void> {
    if (this.#state === 'stopped') return;
    const wasUp = this.#isUp;
    this.#state = 'stopped';
    this.#attempt++;
    this.#cancelRetry?.();
    if (wasUp) this.#suspend('the transport stops');
    await this.#connection?.close();
    this.#account();
    this.#connection = null;
  }

  status(): PluginStatus {
    const { framesSent, connections } = this.#counters;
    const connection = this.#connection;
    const counters = {
      ...this.#counters,
      bytesSent: this.#counters.bytesSent + (connection?.bytesSent ?? 0),
      messagesSent: this.#counters.messagesSent + (connection?.messagesSent ?? 0),
      sentSeq: this.#window.sent,
      ackedSeq: this.#window.acked,
      connected: this.#isUp ? 1 : 0,
      reconnects: Math.max(0, connections - 1),
      unsentBytes: connection?.unsentBytes ?? 0,
      roundTripMs: connection?.roundTripMs ?? 0,
    };
    if (!this.#isUp) {
      const detail = this.#state === 'connecting' ? `connecting to ${this.#where || 'the backend'}; before: ${this.#reason}` : this.#reason;
      return { status: 'degraded', detail: `${detail}${this.#advice === '' ? '' : `; ${this.#advice}`}`.slice(0, 500), counters };
    }
    const roundTrip = connection?.roundTripMs ?? null;
    const words = [
      `connected to ${this.#where}${connection?.binary === true ? '' : ' (JSON)'}`,
      `${framesSent.toLocaleString('en')} frames sent`,
      `acked to ${this.#window.acked.toLocaleString('en')}`,
      ...(roundTrip === null ? [] : [`${roundTrip < 10 ? roundTrip.toFixed(1) : Math.round(roundTrip)} ms`]),
      ...(this.#state === 'waiting for room' ? ['the backend reads slowly'] : []),
    ];
    return { status: 'ok', detail: words.join(', ').slice(0, 500), counters };
  }

  get #isUp(): boolean {
    return this.#state === 'up' || this.#state === 'waiting for room';
  }

  async #connect(): Promise<void> {
    const { credentials, delivery, clock, config, clientVersion } = this.#terms;
    const attempt = ++this.#attempt;
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    this.#state = 'connecting';
    let found: Awaited<ReturnType<Credentials['get']>>;
    try {
      found = await credentials.get();
    } catch (error) {
      if (attempt === this.#attempt) {
        this.#onEnd({ reason: `there are no credentials for the backend: ${(error as Error).message}`, retry: 'backoff', advice: '' });
      }
      return;
    }
    // Stopped, or begun anew, while the credentials were fetched.
    if (attempt !== this.#attempt) return;
    const { url, userId, token } = found;
    const problem = plaintextProblem(url, config.allowPlaintext);
    if (problem !== null) {
      this.#onEnd({ reason: problem, retry: 'slow', advice: '' });
      return;
    }
    this.#where = url;
    if (this.#epoch !== delivery.epoch) {
      this.#epoch = delivery.epoch;
      this.#window.resume(0);
    }
    const onlyIfCurrent =
      <A extends unknown[]>(run: (...args: A) => void) =>
      (...args: A): void => {
        if (attempt === this.#attempt) run(...args);
      };
    this.#connection = new Connection({
      url,
      userId,
      token,
      clientVersion,
      subprotocols: this.#offerNone && config.protocol !== 'binary' ? [] : OFFERS[config.protocol],
      epoch: this.#epoch,
      lastSeq: this.#window.acked,
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      onResume: onlyIfCurrent((lastSeq) => this.#onResume(lastSeq)),
      onAgents: onlyIfCurrent((topic, payload) => this.#terms.agents.said(topic, payload)),
      onAck: onlyIfCurrent((epoch, seq) => this.#onAck(epoch, seq)),
      onForeign: onlyIfCurrent((count) => this.#ignoreAck('acksForeign', count, 'answers for another user')),
      onDrain: onlyIfCurrent(() => this.#onDrain()),
      onEnd: onlyIfCurrent((ending) => this.#onEnd(ending)),
    });
  }

  #onResume(lastSeq: number): void {
    const { delivery, log, clock, config } = this.#terms;
    // Set by #connect before a connection can answer.
    const connection = this.#connection as Connection;
    if (config.protocol === 'binary' && !connection.binary) {
      this.#attempt++;
      void connection.close();
      this.#onEnd({
        reason: 'the backend does not speak tickhub.binary.v1',
        retry: 'slow',
        advice: 'set plugins.websocket.protocol to auto',
      });
      return;
    }
    this.#counters.connections++;
    this.#state = 'up';
    this.#upSince = clock.monotonic();
    this.#reason = '';
    this.#advice = '';
    this.#lastLogged = '';
    this.#warnedAcks.clear();
    this.#window.resume(lastSeq);
    log.info(`connected to ${this.#where}${connection.binary ? '' : ' (JSON)'}; the backend has frames up to ${lastSeq}`);
    connection.sendSymbols(delivery.symbols());
    delivery.resume(lastSeq);
  }

  #onFrame(frame: Outgoing): void {
    const { sent } = this.#window;
    // A late one after a suspend, or one again after a wait for room: the former comes again, the latter has gone.
    if (this.#state !== 'up' || frame.seq <= sent) {
      this.#counters.framesIgnored++;
      return;
    }
    // Set while up.
    const connection = this.#connection as Connection;
    if (frame.seq > sent + 1) {
      connection.sendHole(sent + 1, frame.seq - 1);
      this.#counters.holesSent++;
    }
    connection.sendFrame(frame);
    this.#window.send(frame.seq);
    this.#counters.framesSent++;
    this.#counters.ticksSent += frame.ticks?.count ?? 0;
    this.#counters.recordsSent += frame.records?.records.length ?? 0;
    if (connection.unsentBytes > FULL_BYTES) {
      this.#state = 'waiting for room';
      this.#counters.pauses++;
      this.#terms.delivery.suspend('the backend reads slower than the frames come');
    }
  }

  #onAsk(request: AgentRequest): void {
    if (!this.#isUp) return;
    this.#connection?.sendAgentsAsk(request);
    this.#counters.agentsAsked++;
  }

  #onDrain(): void {
    if (this.#state !== 'waiting for room' || (this.#connection?.unsentBytes ?? 0) > ROOM_BYTES) return;
    this.#state = 'up';
    // From what is acknowledged, since only that may be said to be there; what was sent already is ignored when it comes again.
    this.#terms.delivery.resume(this.#window.acked);
  }

  #onAck(epoch: string, seq: number): void {
    this.#counters.acks++;
    if (epoch !== this.#epoch) {
      this.#ignoreAck('acksForeign', 1, 'acks of another epoch');
      return;
    }
    const verdict = this.#window.ack(seq);
    if (verdict === 'moved') {
      this.#backoff.reset();
      this.#terms.delivery.acked(seq);
    } else if (verdict === 'stale') this.#counters.acksStale++;
    else this.#ignoreAck('acksFuture', 1, `an ack of ${seq}, where only frames up to ${this.#window.sent} were sent`);
  }

  #ignoreAck(counter: 'acksForeign' | 'acksFuture', count: number, what: string): void {
    this.#counters[counter] += count;
    // Once per connection: a backend that does it does it often.
    if (this.#warnedAcks.has(counter)) return;
    this.#warnedAcks.add(counter);
    this.#terms.log.warn(`ignored ${what} from the backend; further ones are only counted (${counter})`);
  }

  async #useNewCredentials(): Promise<void> {
    if (this.#state === 'stopped') return;
    const old = this.#connection;
    const wasUp = this.#isUp;
    // From here on the old connection's words count no longer; the new one's resume tells what it had taken.
    this.#attempt++;
    this.#account();
    this.#connection = null;
    this.#state = 'down';
    this.#reason = 'new credentials';
    this.#advice = '';
    this.#backoff.reset();
    if (wasUp) this.#suspend('new credentials');
    const attempt = this.#attempt;
    await old?.close();
    if (attempt === this.#attempt) await this.#connect();
  }

  #onEnd(ended: Ending): void {
    const { clock, log, config } = this.#terms;
    const ending = ended.offerNone === true && config.protocol === 'binary' ? NO_BINARY : ended;
    const wasUp = this.#isUp;
    const lasted = wasUp && clock.monotonic() - this.#upSince > PROVEN_MS;
    this.#attempt++;
    this.#account();
    this.#connection = null;
    this.#state = 'down';
    this.#reason = ending.reason;
    this.#advice = ending.advice;
    if (ending.offerNone === true) this.#offerNone = true;
    if (lasted) this.#backoff.reset();
    const delay =
      ending.retry === 'slow' ? this.#backoff.slow() : ending.retry === 'at-once' && lasted ? 0 : this.#backoff.next(isLocal(this.#where));
    const text = `${ending.reason}${ending.advice === '' ? '' : `; ${ending.advice}`}`;
    const fields = { retryMs: Math.round(delay) };
    // A backend that is away for an hour is one line, not two thousand.
    if (text === this.#lastLogged) log.debug(text, fields);
    else if (ending.advice === '') log.warn(`${text}; connecting again`, fields);
    else log.error(text, fields);
    this.#lastLogged = text;
    this.#cancelRetry = clock.after(delay, () => void this.#connect());
    if (wasUp) this.#suspend(ending.reason);
  }

  /** The link is down, for frames and for questions. */
  #suspend(reason: string): void {
    this.#terms.agents.said('roster', null);
    this.#terms.delivery.suspend(reason);
  }

  /** Takes over what the connection that goes has counted. */
  #account(): void {
    this.#counters.bytesSent += this.#connection?.bytesSent ?? 0;
    this.#counters.messagesSent += this.#connection?.messagesSent ?? 0;
  }
}

const NO_BINARY: Ending = {
  reason: 'the backend does not speak tickhub.binary.v1',
  retry: 'slow',
  advice: 'set plugins.websocket.protocol to auto',
};

const OFFERS: Readonly<Record<TransportConfig['protocol'], readonly Subprotocol[]>> = {
  auto: [Subprotocol.binary, Subprotocol.json],
  json: [Subprotocol.json],
  binary: [Subprotocol.binary],
};
