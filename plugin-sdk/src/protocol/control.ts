/**
 * Control messages on the IPC channel between host and isolate. Each side parses what it receives with these schemas, once, at the border.
 * The life of an isolate: `ready` (booted), `load` -> `loaded` | `failed`, `start` -> `started` | `failed`, `health` each second,
 * `drain` -> `drained` (stopped, everything published is flushed, exclusive things let go). A drained isolate waits: `start` starts it again
 * (a reload that failed goes back to it), `exit` ends it. An isolate whose IPC channel closes exits at once: its host is gone.
 */
import { z } from 'zod';
import { AgentRequest, AgentsTopic } from './agents.ts';
import { AnalysisTask, AnalystTerms, ModelAnswer, ModelDescription } from './analysis.ts';
import { PluginKind } from '../manifest/plugin-kind.ts';

/** One symbol's verdict by the tier gate, told to the source that announced it. */
export const GateVerdict = z.object({
  symbol: z.string(),
  allowed: z.boolean(),
  /** Why it is held back, in words for the user; absent when allowed. */
  reason: z.string().optional(),
});
export type GateVerdict = z.infer<typeof GateVerdict>;

/** The durable cursor of one symbol, by names (it outlives ids). */
export const NamedCursor = z.object({ source: z.string(), symbol: z.string(), time: z.number(), same: z.number().int().min(0) });
export type NamedCursor = z.infer<typeof NamedCursor>;

/** A state handed from an old to a new version of a plugin. */
export const Snapshot = z.object({ version: z.string(), state: z.unknown() });
export type Snapshot = z.infer<typeof Snapshot>;

const Failure = z.object({
  code: z.string(),
  message: z.string(),
  stack: z.string().optional(),
  /** Of a WebSocket that was refused: the HTTP answer, of which the headers are kept that say when to come again. */
  answer: z.object({ status: z.number(), headers: z.record(z.string(), z.string()) }).optional(),
});
export type Failure = z.infer<typeof Failure>;

/** A WebSocket's message: text or bytes. */
const SocketData = z.custom<string | Uint8Array>((data) => typeof data === 'string' || data instanceof Uint8Array);

export const HostMessage = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('load'),
    plugin: z.object({ id: z.string(), version: z.string(), kind: PluginKind }),
    /** file: URL of the entry module, or of the plugin.json of a feed without code. */
    entry: z.string(),
    /** Validated by the plugin's own schema in the isolate. */
    config: z.record(z.string(), z.unknown()),
    /** Absolute path the plugin may write to. */
    dataDir: z.string(),
    tenant: z.string(),
    hostVersion: z.string(),
  }),
  z.object({
    type: z.literal('start'),
    cursors: z.array(NamedCursor),
    verdicts: z.array(GateVerdict),
    snapshot: Snapshot.nullable(),
    /** Transports only: identity of the spool whose frames are delivered. */
    spool: z.object({ epoch: z.string(), lastSeq: z.number(), ackedSeq: z.number() }).nullable(),
    /** Transports only: who is delivered for. */
    tenant: z.string(),
  }),
  z.object({ type: z.literal('snapshot') }),
  z.object({ type: z.literal('drain'), deadlineMs: z.number() }),
  z.object({ type: z.literal('gate'), verdicts: z.array(GateVerdict) }),
  z.object({ type: z.literal('exit') }),
  /** The token behind the `credentials` capability changed. */
  z.object({ type: z.literal('credentials-changed') }),
  z.object({ type: z.literal('reply'), id: z.number(), value: z.unknown().optional(), failure: Failure.optional() }),
  /** Asks for a `health` at once. */
  z.object({ type: z.literal('ping') }),
  /** What came over a WebSocket since the last of these, in order; answered with `socket-taken`. Without the answers the host stops reading it. */
  z.object({ type: z.literal('socket-messages'), connection: z.number(), messages: z.array(SocketData) }),
  z.object({ type: z.literal('socket-ended'), connection: z.number(), code: z.number(), reason: z.string() }),
  /** Models only: which of them may answer. */
  z.object({ type: z.literal('analyst-terms'), terms: AnalystTerms }),
  /** Transports only, while a roster counts: a question to the backend's agents. */
  z.object({ type: z.literal('agents-ask'), request: AgentRequest }),
  /** Models only, after `analyst`: answered with `analysed`, in order. */
  z.object({ type: z.literal('analyse'), id: z.number(), task: AnalysisTask }),
]);
export type HostMessage = z.infer<typeof HostMessage>;
/** What the host says of a plugin's WebSockets. */
export type SocketNews = Extract<HostMessage, { type: 'socket-messages' | 'socket-ended' }>;

/** How one of a plugin's sources is. `ok` and `waiting` are healthy; each other one is a fault, or a market that is closed. */
export const SourceState = z.enum([
  /** Not heard of yet. */
  'starting',
  'ok',
  /** Healthy, with nothing to do until the next attempt. */
  'waiting',
  /** The market is closed: silence is right. */
  'closed',
  /** It is connected and silent for longer than it should be. */
  'stale',
  'disconnected',
  'unreachable',
  'timeout',
  'rate-limited',
  'server-error',
  /** It answered that the request is wrong, or not allowed: a key, a sign-in, an address. */
  'refused',
  /** It is gone for good; nothing more is asked of it. */
  'gone',
  'redirect-loop',
  'too-large',
  /** The answer ended before it should have. */
  'incomplete',
  'malformed',
  /** Switched off in the config, or for want of something the config should have. */
  'off',
]);
export type SourceState = z.infer<typeof SourceState>;

/** The health of one source within a plugin: one terminal, one feed, one account. */
export const SourceHealth = z.object({
  /** `news:fed`: as its records and ticks name it. */
  source: z.string().min(1).max(128),
  state: SourceState,
  /** One line for a person: what is wrong, and what to do where something can be done. */
  detail: z.string().max(500),
  /** Since when it is in this state, Unix epoch milliseconds. */
  since: z.number(),
  /** When the last data came, and when the next attempt is due, Unix epoch milliseconds; null while there was or will be none. */
  lastDataAt: z.number().nullable(),
  nextAttemptAt: z.number().nullable(),
  counters: z.record(z.string(), z.number()),
});
export type SourceHealth = z.infer<typeof SourceHealth>;

/** Ticks of one symbol of one source that the SDK refused, since the plugin's process started. */
export const RefusedTicks = z.object({
  source: z.string(),
  symbol: z.string(),
  /** Behind the cursor: sent again. */
  duplicate: z.number().int().min(0),
  /** Without an ordinal, and before the last tick. */
  outOfOrder: z.number().int().min(0),
  /** No tick at all: a time, a price or a volume that is none. */
  invalid: z.number().int().min(0),
});
export type RefusedTicks = z.infer<typeof RefusedTicks>;

/** What a plugin says of itself: words for a person, counters for a machine. */
export const PluginStatus = z.object({
  status: z.enum(['ok', 'degraded']),
  /** One line for a person: "1 terminal, 12 symbols, EA silent for 12 s". */
  detail: z.string().max(500),
  counters: z.record(z.string(), z.number()),
  /** Of a plugin with several sources, or one that waits for something: how each of them is. */
  sources: z.array(SourceHealth).max(1_000).optional(),
});
export type PluginStatus = z.infer<typeof PluginStatus>;

export const IsolateMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), sdk: z.string() }),
  z.object({ type: z.literal('loaded'), kind: PluginKind }),
  z.object({ type: z.literal('started') }),
  z.object({ type: z.literal('failed'), during: z.enum(['load', 'start', 'run', 'drain', 'snapshot']), failure: Failure }),
  z.object({ type: z.literal('snapshot'), snapshot: Snapshot.nullable() }),
  z.object({ type: z.literal('drained') }),
  z.object({
    type: z.literal('health'),
    status: PluginStatus,
    refused: z.array(RefusedTicks).max(10_000).default([]),
    loopLagMs: z.number(),
    rssBytes: z.number(),
  }),
  z.object({
    type: z.literal('log'),
    level: z.enum(['debug', 'info', 'warn', 'error']),
    message: z.string(),
    fields: z.record(z.string(), z.unknown()).optional(),
  }),
  /** A capability call; answered with `reply`. */
  z.object({ type: z.literal('call'), id: z.number(), capability: z.string(), method: z.string(), args: z.array(z.unknown()) }),
  /** Transports only: the link is up and the backend has everything up to lastSeq of this spool epoch; send what follows. */
  z.object({ type: z.literal('resume'), lastSeq: z.number() }),
  /** Transports only: the link is down; send nothing until the next resume. */
  z.object({ type: z.literal('suspend'), reason: z.string() }),
  z.object({ type: z.literal('socket-send'), connection: z.number(), data: SocketData }),
  /** One `socket-messages` was dealt with. */
  z.object({ type: z.literal('socket-taken'), connection: z.number() }),
  z.object({ type: z.literal('socket-close'), connection: z.number(), code: z.number().optional(), reason: z.string().optional() }),
  /** Models only: which there are, and whether the plugin wants ticks as well. Once, before `started`. */
  z.object({ type: z.literal('analyst'), models: z.array(ModelDescription).min(1).max(256), ticks: z.boolean() }),
  /** Transports only: what the backend says of agents, as it came; a roster of null when the link is down. The host holds it against its schema. */
  z.object({ type: z.literal('agents-said'), topic: AgentsTopic, payload: z.unknown() }),
  z.object({ type: z.literal('analysed'), id: z.number(), answers: z.array(ModelAnswer).max(10_000), failure: Failure.nullable() }),
]);
export type IsolateMessage = z.infer<typeof IsolateMessage>;
/** What a transport tells of the backend's agents. */
export type AgentsNews = Extract<IsolateMessage, { type: 'agents-said' }>;
/** What a plugin with models tells the monitor. */
export type AnalystNews = Extract<IsolateMessage, { type: 'analyst' | 'analysed' }>;
/** What a plugin does with its WebSockets. */
export type SocketOrder = Extract<IsolateMessage, { type: 'socket-send' | 'socket-taken' | 'socket-close' }>;
