import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { serialize } from 'node:v8';
import { HistoryError } from '../history/errors.ts';

const MAX_QUERY_BYTES = 65_536;

/** Answers a question to the history. @throws what is no error of the history's. */
export type AskHistory = (method: string, query: unknown) => Promise<unknown>;

/** `POST /history/METHOD` with a query as JSON: the answer in V8's serialization, which keeps columns of numbers as they are; or 400 and why. */
export async function answerHistoryRequest(
  method: string,
  request: IncomingMessage,
  response: ServerResponse,
  ask: AskHistory,
): Promise<void> {
  try {
    const answer = serialize(await ask(method, await queryOf(request)));
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'cache-control': 'no-store' });
    response.end(answer);
  } catch (error) {
    if (!(error instanceof HistoryError)) throw error;
    response.writeHead(400, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    response.end(JSON.stringify({ error: error.message, code: error.code }));
  }
}

async function queryOf(request: IncomingMessage): Promise<unknown> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_QUERY_BYTES)
    throw new HistoryError('HISTORY_BAD_QUERY', 'the query is too long');
  try {
    return JSON.parse(await text(request));
  } catch {
    throw new HistoryError('HISTORY_BAD_QUERY', 'the query is no JSON');
  }
}
