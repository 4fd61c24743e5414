import type { Credentials, Log } from '@tickhub/plugin-sdk';
import { TransportConfig } from '../src/transport/config.ts';
import { Link } from '../src/transport/link.ts';
import { FastClock } from './fast-clock.ts';
import { SimulatedDesk } from './simulated-desk.ts';
import type { SimulatedSpool } from './simulated-spool.ts';

export interface LogLine {
  readonly level: string;
  readonly message: string;
}

export interface LinkOptions {
  readonly spool: SimulatedSpool;
  url: string;
  readonly userId?: string;
  token?: string;
  readonly config?: Partial<TransportConfig>;
  readonly speed?: number;
}

/** The transport's link between a simulated spool and a backend, with what it logs. */
export class RunningLink {
  readonly link: Link;
  readonly lines: LogLine[] = [];
  readonly clock: FastClock;
  readonly agents = new SimulatedDesk();
  #changed: () => void = () => undefined;
  #options: LinkOptions;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.clock = new FastClock(options.speed);
    const credentials: Credentials = {
      get: async () => ({ url: this.#options.url, userId: this.#options.userId ?? 'trader', token: this.#options.token ?? 'test-token' }),
      onChange: (listener) => (this.#changed = listener),
    };
    const line =
      (level: string) =>
      (message: string): void =>
        void this.lines.push({ level, message });
    const log: Log = { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
    this.link = new Link({
      delivery: options.spool,
      agents: this.agents,
      credentials,
      clock: this.clock,
      log,
      config: TransportConfig.parse(options.config ?? {}),
      clientVersion: '0.1.0',
    });
    this.link.start();
  }

  /** New credentials, as from the host. */
  change(over: Partial<Pick<LinkOptions, 'url' | 'token'>>): void {
    this.#options = { ...this.#options, ...over };
    this.#changed();
  }

  counter(name: string): number {
    return this.link.status().counters[name] ?? Number.NaN;
  }

  async stop(): Promise<void> {
    await this.link.stop();
    this.clock.stop();
  }
}
