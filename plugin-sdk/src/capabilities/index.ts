import type { Agents } from './agents.ts';
import type { Analyst } from './analyst.ts';
import { capability } from './capability.ts';
import type { Clock } from './clock.ts';
import type { Credentials } from './credentials.ts';
import type { Delivery } from './delivery.ts';
import type { Gate } from './gate.ts';
import type { History } from './history.ts';
import type { Http } from './http.ts';
import type { Log } from './log.ts';
import type { Market } from './market.ts';
import type { Publish } from './publish.ts';
import type { Socket } from './socket.ts';
import type { Store } from './store.ts';

export const capabilities = {
  /** Structured log lines, shown under the plugin's id. All kinds. */
  Log: capability<Log>('log'),
  /** Time and timers; a test harness can move it. All kinds. */
  Clock: capability<Clock>('clock'),
  /** A small durable key-value store of the plugin's own. All kinds. */
  Store: capability<Store>('store'),
  /** HTTP through the host, to the hosts the manifest names. All kinds. */
  Http: capability<Http>('http'),
  /** WebSockets through the host, to the hosts the manifest names. All kinds. */
  Socket: capability<Socket>('socket'),
  /** Ticks and records into the host. Data sources and models. */
  Publish: capability<Publish>('publish'),
  /** Which symbols the tier lets through. Data sources. */
  Gate: capability<Gate>('gate'),
  /** Ticks out of the host. Models. */
  Market: capability<Market>('market'),
  /** Answers the host's market monitor. Models. */
  Analyst: capability<Analyst>('analyst'),
  /** The past that the host keeps: bars, ticks, records. Data sources and models. */
  History: capability<History>('history'),
  /** The durable frames to send to a backend. Transports. */
  Delivery: capability<Delivery>('delivery'),
  /** Carries what the host asks of the backend's agents, and their answers. Transports. */
  Agents: capability<Agents>('agents'),
  /** The tenant's token for the backend. Bundled transports. */
  Credentials: capability<Credentials>('credentials'),
} as const;
