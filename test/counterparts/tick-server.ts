import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

const MOST_AT_ONCE = 5_000;

/**
 * An upstream that can be asked again: tick n exists from the moment n / perSecond after the start, `perStamp` of them (2 by default) carry one millisecond's stamp, and
 * `GET /ticks?from=TIME&same=N` answers with those from that cursor on, at most 5,000, as `[[time, ordinal, n], ...]`.
 */
export class TickServer {
  readonly port: number;
  readonly #server: Server;
  readonly #startedAt: number;
  readonly #perSecond: number;
  readonly #perStamp: number;
  #stoppedAt: number | null = null;

  private constructor(server: Server, startedAt: number, perSecond: number, perStamp: number) {
    this.#server = server;
    // A listening TCP server's address is an AddressInfo.
    this.port = (server.address() as AddressInfo).port;
    this.#startedAt = startedAt;
    this.#perSecond = perSecond;
    this.#perStamp = perStamp;
  }

  static async start({ perSecond, perStamp = 2 }: { perSecond: number; perStamp?: number }): Promise<TickServer> {
    let self: TickServer | null = null;
    const server = createServer((request, response) => {
      const query = new URL(request.url ?? '/', 'http://127.0.0.1').searchParams;
      const ticks = self?.from(Number(query.get('from')), Number(query.get('same'))) ?? [];
      response.end(JSON.stringify(ticks));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    self = new TickServer(server, Date.now(), perSecond, perStamp);
    return self;
  }

  /** Ticks that exist by now. */
  get count(): number {
    return Math.floor((((this.#stoppedAt ?? Date.now()) - this.#startedAt) * this.#perSecond) / 1_000);
  }

  /** No ticks come any more; those that exist stay. */
  async stopMarket(): Promise<void> {
    this.#stoppedAt = Date.now();
  }

  /** Ticks from a cursor on: [time, ordinal, n]. */
  from(time: number, same: number): [number, number, number][] {
    const ticks: [number, number, number][] = [];
    const first = Math.max(0, time === 0 ? 0 : (time - this.#startedAt) * this.#perStamp + same);
    const end = Math.min(this.count, first + MOST_AT_ONCE);
    for (let n = first; n < end; n++) ticks.push([this.#startedAt + Math.floor(n / this.#perStamp), n % this.#perStamp, n]);
    return ticks;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}
