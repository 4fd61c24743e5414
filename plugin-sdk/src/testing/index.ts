/** For tests of plugins: runs one without a host. */
export { createHarness, Harness } from './harness.ts';
export type { HarnessOptions, LogLine } from './harness.ts';
export type { HttpAnswer, HttpHandler, HttpRoutes, TestCredentials } from './answers.ts';
export type { CollectedRecord, CollectedTick } from './collected.ts';
export type { TestHistory } from './history-answers.ts';
export type { TestTick } from './host-symbols.ts';
export { readFeed } from './read-feed.ts';
export { readModel } from './read-model.ts';
export { TestAnalyst } from './test-analyst.ts';
export { TestConnection, TestSockets } from './test-sockets.ts';
export type { SocketAnswer } from './test-sockets.ts';
export type { LinkState } from './outgoing-queue.ts';
