/** A client without manners: says to the gateway what a test wants, and keeps what it answers. */
import { TickBatch } from '@tickhub/plugin-sdk';
import { WebSocket } from 'ws';
import { BinaryMessageWriter } from '../src/wire/binary-message.ts';
import { symbolsPayload } from '../src/wire/envelope.ts';
import { TABLE } from './simulated-spool.ts';
import { until } from './until.ts';

export class RawClient {
  readonly socket: WebSocket;
  readonly got: { user_id: string; data_type: string; payload: Record<string, unknown> }[] = [];
  closed: { code: number; reason: string } | null = null;
  pings = 0;
  readonly #user: string;

  constructor(url: string, token: string | null, { user = 'trader', protocols = [] as string[] } = {}) {
    this.#user = user;
    this.socket = new WebSocket(url, protocols, {
      perMessageDeflate: false,
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
    });
    this.socket.on('message', (data) => this.got.push(JSON.parse((data as Buffer).toString()) as (typeof this.got)[number]));
    this.socket.on('ping', () => this.pings++);
    this.socket.on('error', () => undefined);
    this.socket.on('close', (code, reason) => (this.closed = { code, reason: reason.toString() }));
  }

  async open(): Promise<this> {
    await until('the socket to open', () => this.socket.readyState === WebSocket.OPEN || this.closed !== null);
    return this;
  }

  envelope(dataType: string, payload: unknown, user = this.#user): string {
    return JSON.stringify({ user_id: user, timestamp: new Date(0).toISOString(), data_type: dataType, payload });
  }

  say(dataType: string, payload: unknown, user = this.#user): void {
    this.socket.send(this.envelope(dataType, payload, user));
  }

  async hello(over: Record<string, unknown> = {}): Promise<number> {
    await this.open();
    this.say('hello', { protocol: 1, epoch: 'e', client_version: '0', last_seq: 0, ...over });
    return Number((await this.answer('resume'))['last_seq']);
  }

  symbols(): void {
    this.say('symbols', symbolsPayload(TABLE));
  }

  /** A frame of one tick of EURUSD. */
  tick(seq: number, over: { time?: number; ordinal?: number; bid?: number; symbol?: number } = {}): void {
    const writer = new BinaryMessageWriter();
    writer.add(seq, oneTick(seq, over), () => 5);
    this.socket.send(writer.take());
  }

  jsonTick(seq: number, over: { time?: number; ordinal?: number; bid?: number; symbol?: number } = {}): void {
    const { time = 1_000 + seq, ordinal = 0, bid = 1.1, symbol = 0 } = over;
    const columns = ['symbol', 'time', 'ordinal', 'bid', 'ask', 'flags'];
    this.say('ticks', {
      epoch: 'e',
      seq,
      source_id: 0,
      utc_offset_ms: 0,
      received_at: 0,
      symbols: {},
      columns,
      rows: [[symbol, time, ordinal, bid, bid + 1, 6]],
    });
  }

  async answer(dataType: string, where: (payload: Record<string, unknown>) => boolean = () => true): Promise<Record<string, unknown>> {
    const find = (): (typeof this.got)[number] | undefined =>
      this.got.find((envelope) => envelope.data_type === dataType && where(envelope.payload));
    await until(
      `${dataType}, after ${JSON.stringify(this.got)} and ${JSON.stringify(this.closed)}`,
      () => find() !== undefined || (this.closed !== null && find() === undefined),
    );
    const found = find();
    if (!found) throw new Error(`closed with ${JSON.stringify(this.closed)} before ${dataType}`);
    return found.payload;
  }

  acked(seq: number): Promise<unknown> {
    return this.answer('ack', (payload) => Number(payload['seq']) >= seq);
  }

  async end(): Promise<{ code: number; reason: string }> {
    await until(
      () => `the close, after ${JSON.stringify(this.got)}`,
      () => this.closed !== null,
    );
    return this.closed as { code: number; reason: string };
  }
}

export function oneTick(seq: number, { time = 1_000 + seq, ordinal = 0, bid = 1.1, symbol = 0 } = {}): TickBatch {
  const batch = TickBatch.create(1);
  batch.symbol[0] = symbol;
  batch.time[0] = time;
  batch.ordinal[0] = ordinal;
  batch.bid[0] = bid;
  batch.ask[0] = bid + 1;
  batch.flags[0] = 6;
  return batch;
}
