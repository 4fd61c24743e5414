import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';

/** The WebSocket server goes when its last Expert Advisor has been away for so long. */
const LINGER_MS = 1_000;

/**
 * The server in mtapi 2's MT5Connector, as far as a client sees it, after its published source (github.com/vdemydiuk/mtapi, `MtService`, `mq5`):
 * it listens while an Expert Advisor is attached, sends each event to everybody, and answers in text frames only whom it has heard a text frame of.
 */
export class MtapiServer {
  /** What clients sent. */
  readonly received: string[] = [];
  /** Events are swallowed, and nothing is answered: the terminal hangs, the connection stays. */
  hung = false;
  readonly #charts = new Map<number, string>();
  readonly #spoken = new WeakSet<WebSocket>();
  #server: WebSocketServer | null = null;
  #port: number;
  #linger: NodeJS.Timeout | null = null;

  constructor(port = 0) {
    this.#port = port;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#port}/ws`;
  }

  get clients(): number {
    return this.#server?.clients.size ?? 0;
  }

  /** MtApi5 is put on a chart. */
  async attach(handle: number, symbol: string): Promise<void> {
    if (this.#linger !== null) clearTimeout(this.#linger);
    this.#charts.set(handle, symbol);
    if (this.#server === null) await this.#listen();
    this.#broadcast(`4;${handle}`);
  }

  /** MtApi5 is taken off. */
  detach(handle: number): void {
    this.#charts.delete(handle);
    this.#broadcast(`5;${handle}`);
    if (this.#charts.size === 0) this.#linger = setTimeout(() => void this.stop(), LINGER_MS);
  }

  /** OnTick of a chart. Times are the broker's, in seconds; doubles are printed with eight decimals. */
  tick(handle: number, seconds: number, bid: number, ask: number): void {
    const symbol = this.#charts.get(handle);
    if (symbol === undefined) throw new Error(`no chart has the handle ${handle}`);
    const tick = `{"Time":${seconds},"Bid":${bid.toFixed(8)},"Ask":${ask.toFixed(8)},"Last":0.00000000,"Volume":0,"VolumeReal":0.00000000}`;
    this.event(handle, 3, `{"Tick":${tick},"Instrument":"${symbol}","ExpertHandle":${handle}}`);
  }

  event(handle: number, type: number, payload: string): void {
    this.#broadcast(`2;${handle};${type};${payload}`);
  }

  /** Anything at all, to everybody. */
  raw(message: string): void {
    this.#broadcast(message);
  }

  /** The connections break; the server stays. */
  breakConnections(): void {
    for (const client of this.#server?.clients ?? []) client.terminate();
  }

  async stop(): Promise<void> {
    if (this.#linger !== null) clearTimeout(this.#linger);
    const server = this.#server;
    this.#server = null;
    if (server === null) return;
    for (const client of server.clients) client.close(1_000);
    const closed = new Promise((resolve) => server.close(resolve));
    for (const client of server.clients) client.terminate();
    await closed;
  }

  async #listen(): Promise<void> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: this.#port });
    this.#server = server;
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
    server.on('connection', (client) => {
      client.on('error', () => undefined);
      client.on('message', (data, binary) => {
        if (!binary) this.#spoken.add(client);
        const text = String(data);
        this.received.push(text);
        if (text === '6;0' && !this.hung) this.#send(client, `3;${[...this.#charts.keys()].join(',')}`);
      });
    });
  }

  #broadcast(message: string): void {
    if (this.hung) return;
    for (const client of this.#server?.clients ?? []) this.#send(client, message);
  }

  #send(client: WebSocket, message: string): void {
    client.send(Buffer.from(message, 'latin1'), { binary: !this.#spoken.has(client) });
  }
}
