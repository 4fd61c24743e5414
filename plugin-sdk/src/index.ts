/** The Tickhub plugin SDK: all that a plugin imports. */
export * as z from './z.ts';
export { definePlugin } from './define-plugin.ts';
export type { PluginContext, PluginDefinition, RunningPlugin } from './define-plugin.ts';
export type { PluginManifestInput as PluginManifest } from './manifest/manifest.ts';
export { SDK_VERSION } from './version.ts';

import { capabilities } from './capabilities/index.ts';
export const { Log, Clock, Store, Http, Socket, Publish, Gate, Market, Analyst, History, Delivery, Agents, Credentials } = capabilities;
export type Log = import('./capabilities/log.ts').Log;
export type Clock = import('./capabilities/clock.ts').Clock;
export type Store = import('./capabilities/store.ts').Store;
export type Http = import('./capabilities/http.ts').Http;
export type Socket = import('./capabilities/socket.ts').Socket;
export type Publish = import('./capabilities/publish.ts').Publish;
export type Gate = import('./capabilities/gate.ts').Gate;
export type Market = import('./capabilities/market.ts').Market;
export type Analyst = import('./capabilities/analyst.ts').Analyst;
export type { AnalystHandler } from './capabilities/analyst.ts';
export type History = import('./capabilities/history.ts').History;
export type Delivery = import('./capabilities/delivery.ts').Delivery;
export type Agents = import('./capabilities/agents.ts').Agents;
export type Credentials = import('./capabilities/credentials.ts').Credentials;
export type { Cancel } from './capabilities/clock.ts';
export type { HttpRequest, HttpResponse } from './capabilities/http.ts';
export type { Outgoing } from './capabilities/delivery.ts';
export type { SocketConnection, SocketEnd, SocketOptions } from './capabilities/socket.ts';
export type {
  RecordOptions,
  SourceOptions,
  SymbolOptions,
  TickInput,
  TickSource,
  TickSymbol,
  TickVerdict,
} from './capabilities/publish.ts';

export { BatchFormatError } from './batch/errors.ts';
export { CapabilityError } from './run/remote/capability-calls.ts';
export { MAX_BATCH_TICKS, TickBatch, TickFlag } from './batch/tick-batch.ts';
export { TickBatchBuilder } from './batch/tick-batch-builder.ts';
export { isBehind, START_CURSOR } from './batch/cursor.ts';
export type { TickCursor } from './batch/cursor.ts';
export { SourceState } from './protocol/control.ts';
export type { GateVerdict, PluginStatus, Snapshot, SourceHealth } from './protocol/control.ts';
export type { DeliveredBatch, RecordBatch, StreamRecord, SymbolEntry, SymbolTable } from './protocol/records.ts';
export { RecordStream } from './protocol/records.ts';
export type { BarsQuery, HistoryBars, HistoryInfo, HistoryRecords, HistoryTicks, RecordsQuery, TicksQuery } from './protocol/history.ts';

export {
  AgentAnswer,
  AgentConsensus,
  AgentForecast,
  AgentRefusal,
  AgentRequest,
  AgentRoster,
  AgentsTopic,
  ClaimedRecord,
  MarketState,
  STATE_BARS,
} from './protocol/agents.ts';
export { ModelAnswer, ModelDescription, NO_CONTEXT } from './protocol/analysis.ts';
export type { AnalysisTask, AnalystTerms, BarsTask, HeldPosition, MarketContext, RecordTask, SeedTask } from './protocol/analysis.ts';

export { AccountBody, Position, PositionsBody } from './records/account.ts';
export { AnalysisBody, ConsensusAnalysis, Contribution, ModelAnalysis } from './records/analysis.ts';
export { BarBody, PriceSide } from './records/bar.ts';
export { RecordBodies } from './records/bodies.ts';
export type { RecordBody } from './records/bodies.ts';
export { BookBody } from './records/book.ts';
export { CalendarBody, CalendarValue, Impact, Surprise } from './records/calendar.ts';
export { NewsBody, TimeQuality } from './records/news.ts';
export { SocialAggregate, SocialBody, SocialPost } from './records/social.ts';

export { createFollower } from './sources/follower.ts';
export type { FollowedSource, Follower, FollowerTerms } from './sources/follow.ts';
export { createPoller } from './sources/poller.ts';
export { SourceFault } from './sources/poll.ts';
export type { PollAdvice, PolledSource, Poller, PollerTerms } from './sources/poll.ts';

export { readSecret, SecretReference } from './secrets/secret-reference.ts';
export type { FoundSecret } from './secrets/secret-reference.ts';
