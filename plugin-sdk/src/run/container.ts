import type { InjectMap } from '../capabilities/capability.ts';
import { AgentsFeed } from './agents-feed.ts';
import { AnalystDesk } from './analyst-desk.ts';
import type { TellAnalyst } from './analyst-desk.ts';
import type { Log } from '../capabilities/log.ts';
import { DeliveryFeed } from './delivery-feed.ts';
import type { DeliveryTerms } from './delivery-feed.ts';
import { PluginFault } from './fault.ts';
import { GateView } from './gate-view.ts';
import { MarketFeed } from './market-feed.ts';
import { Publisher } from './publish/publisher.ts';
import type { PublisherTerms } from './publish/publisher.ts';
import type { CapabilityCalls } from './remote/capability-calls.ts';
import { RemoteCredentials } from './remote/remote-credentials.ts';
import { RemoteHistory } from './remote/remote-history.ts';
import { RemoteHttp } from './remote/remote-http.ts';
import { RemoteSocket } from './remote/remote-socket.ts';
import type { TellSocket } from './remote/remote-socket.ts';
import { RemoteStore } from './remote/remote-store.ts';
import { Timers } from './timers.ts';
import type { TimeSource } from './time-source.ts';
import type { AgentsNews, GateVerdict } from '../protocol/control.ts';

export interface ContainerTerms {
  readonly log: Log;
  readonly time: TimeSource;
  readonly calls: CapabilityCalls;
  readonly verdicts: readonly GateVerdict[];
  readonly publish: Omit<PublisherTerms, 'allows' | 'crash'>;
  /** Null for all but transports. */
  readonly delivery: DeliveryTerms | null;
  readonly tellSocket: TellSocket;
  readonly tellAnalyst: TellAnalyst;
  readonly tellAgents: (news: AgentsNews) => void;
  readonly crash: (error: unknown) => void;
}

/** The capabilities of one running plugin, each made when it is first asked for. Those that nobody asked for do not exist. */
export class CapabilityContainer {
  readonly #terms: ContainerTerms;
  readonly #gate: GateView;
  #timers: Timers | null = null;
  #publisher: Publisher | null = null;
  #market: MarketFeed | null = null;
  #analyst: AnalystDesk | null = null;
  #agents: AgentsFeed | null = null;
  #delivery: DeliveryFeed | null = null;
  #credentials: RemoteCredentials | null = null;
  #socket: RemoteSocket | null = null;

  constructor(terms: ContainerTerms) {
    this.#terms = terms;
    this.#gate = new GateView(terms.verdicts);
  }

  get gate(): GateView {
    return this.#gate;
  }

  get timers(): Timers | null {
    return this.#timers;
  }

  get publisher(): Publisher | null {
    return this.#publisher;
  }

  get market(): MarketFeed | null {
    return this.#market;
  }

  get analyst(): AnalystDesk | null {
    return this.#analyst;
  }

  get agents(): AgentsFeed | null {
    return this.#agents;
  }

  get delivery(): DeliveryFeed | null {
    return this.#delivery;
  }

  get credentials(): RemoteCredentials | null {
    return this.#credentials;
  }

  get socket(): RemoteSocket | null {
    return this.#socket;
  }

  inject(wanted: InjectMap): Record<string, unknown> {
    return Object.fromEntries(Object.entries(wanted).map(([property, { name }]) => [property, this.#get(name)]));
  }

  #get(name: string): unknown {
    const { log, time, calls, crash, publish, delivery, tellSocket, tellAnalyst, tellAgents } = this.#terms;
    switch (name) {
      case 'log':
        return log;
      case 'clock':
        return (this.#timers ??= new Timers(time, crash));
      case 'store':
        return new RemoteStore(calls);
      case 'http':
        return new RemoteHttp(calls);
      case 'socket':
        return (this.#socket ??= new RemoteSocket(calls, tellSocket, crash));
      case 'gate':
        return this.#gate;
      case 'publish':
        return (this.#publisher ??= new Publisher({ ...publish, allows: (symbol) => this.#gate.allows(symbol), crash }));
      case 'market':
        return (this.#market ??= new MarketFeed());
      case 'analyst':
        return (this.#analyst ??= new AnalystDesk(tellAnalyst, () => this.#market !== null));
      case 'agents':
        return (this.#agents ??= new AgentsFeed(tellAgents));
      case 'history':
        return new RemoteHistory(calls);
      case 'delivery':
        if (delivery === null) throw new PluginFault('CAPABILITY_DENIED', 'the host gave this plugin no spool to deliver from');
        return (this.#delivery ??= new DeliveryFeed(delivery));
      case 'credentials':
        return (this.#credentials ??= new RemoteCredentials(calls));
      default:
        throw new PluginFault('CAPABILITY_UNKNOWN', `there is no capability "${name}" in this version of the SDK`);
    }
  }
}
