import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inject, injectable } from 'tsyringe';
import type { TailFilter, TailSink } from '../collector/tail.ts';
import type { JobOutput } from '../history-files/history-jobs.ts';
import { serviceToken } from '../hub/token.ts';
import { LogToken } from '../telemetry/log.ts';
import type { Log } from '../telemetry/log.ts';
import { answerHistoryRequest } from './history-answer.ts';
import type { AskHistory } from './history-answer.ts';
import { removeControlFile, writeControlFile } from './control-file.ts';
import { JobFrame, jobFrame, jsonFrame } from './job-stream.ts';
import type { HostStatus } from './status.ts';

/** What the control server can do with the host. */
export interface HostControls {
  readonly dataDir: string;
  /** Port on 127.0.0.1; 0 for a free one. */
  readonly port: number;
  status(): Promise<HostStatus>;
  /** Lifts a quarantine. False when there is no such plugin. */
  retry(plugin: string): boolean;
  /** Shows the streams as they come until it is closed. */
  tail(filter: TailFilter, sink: TailSink): { close(): void };
  /** Asks the tenant's history, as far as its tier lets it be seen. */
  readonly history: AskHistory;
  /** Works on the tenant's history. Resolves to the job's result; to undefined when there is no such job. */
  job(name: string, request: unknown, out: JobOutput): Promise<unknown>;
  /** Drains and ends the host, as Ctrl-C does. */
  stop(): void;
}

export const ControlsToken = serviceToken<HostControls>('host controls');
export const ControlServerToken = serviceToken<ControlServer>('control server');

/** The control port is taken, or may not be opened. Code `CONTROL_PORT_BUSY`. */
export class ControlPortError extends Error {
  readonly code = 'CONTROL_PORT_BUSY';

  constructor(port: number, cause: Error) {
    super(
      `port ${port} on 127.0.0.1 cannot be opened (${(cause as NodeJS.ErrnoException).code}); ` +
        'set another "controlPort", or 0 for any free one',
      { cause },
    );
    this.name = 'ControlPortError';
  }
}

/** Whoever asked for a job has gone. Code `JOB_ABANDONED`. */
class JobAbandonedError extends Error {
  readonly code = 'JOB_ABANDONED';

  constructor() {
    super('whoever asked for this has gone');
    this.name = 'JobAbandonedError';
  }
}

/** Resolves when more may be written, or nobody reads any more. */
async function writable(response: ServerResponse): Promise<void> {
  const settled = new AbortController();
  const { signal } = settled;
  try {
    await Promise.race([once(response, 'drain', { signal }), once(response, 'close', { signal })]);
  } catch {
    // A broken connection closes, which the next write finds.
  } finally {
    settled.abort();
  }
}

const MAX_REQUEST_BYTES = 65_536;

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const piece of request.setEncoding('utf8')) {
    text += piece as string;
    if (text.length > MAX_REQUEST_BYTES) throw new Error(`a request is at most ${MAX_REQUEST_BYTES} bytes`);
  }
  return JSON.parse(text);
}

/** Answers `tickhub status` and its like: HTTP on loopback, behind a token that only this user can read. */
@injectable()
export class ControlServer {
  readonly #controls: HostControls;
  readonly #log: Log;
  readonly #token = randomBytes(24).toString('base64url');
  #server: Server | null = null;

  constructor(@inject(ControlsToken) controls: HostControls, @inject(LogToken) log: Log) {
    this.#controls = controls;
    this.#log = log;
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => void this.#answer(request, response));
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(new ControlPortError(this.#controls.port, error)));
      server.listen(this.#controls.port, '127.0.0.1', resolve);
    });
    this.#server = server;
    // listen() on a TCP port gives an AddressInfo; only pipes give a string.
    const { port } = server.address() as AddressInfo;
    try {
      await writeControlFile(this.#controls.dataDir, { port, token: this.#token, pid: process.pid });
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    await removeControlFile(this.#controls.dataDir);
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const send = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      response.end(JSON.stringify(body));
    };
    if (!this.#isAuthorized(request)) return send(401, { error: 'the token of control.json is needed' });
    const url = URL.parse(request.url ?? '', 'http://127.0.0.1');
    const pathname = url?.pathname ?? '';
    try {
      const history = /^\/history\/(\w+)$/.exec(pathname)?.[1];
      if (request.method === 'POST' && history !== undefined) {
        return await answerHistoryRequest(history, request, response, this.#controls.history);
      }
      const job = /^\/jobs\/([a-z]+)$/.exec(pathname)?.[1];
      if (request.method === 'POST' && job !== undefined) return await this.#job(job, request, response);
      const retry = /^\/plugins\/([^/]+)\/retry$/.exec(pathname);
      if (request.method === 'GET' && pathname === '/status') return send(200, await this.#controls.status());
      if (request.method === 'GET' && pathname === '/tail') return this.#tail(url?.searchParams ?? new URLSearchParams(), response);
      if (request.method === 'POST' && pathname === '/stop') {
        send(202, { stopping: true });
        return this.#controls.stop();
      }
      if (request.method === 'POST' && retry?.[1] !== undefined) {
        const plugin = decodeURIComponent(retry[1]);
        return this.#controls.retry(plugin) ? send(202, { retrying: plugin }) : send(404, { error: `there is no plugin "${plugin}"` });
      }
      return send(404, { error: `there is no ${request.method} ${request.url}` });
    } catch (error) {
      this.#log.error(`the control server could not answer ${request.method} ${pathname}`, { error });
      return send(500, { error: 'the host could not answer; see its log' });
    }
  }

  #tail(query: URLSearchParams, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
    response.flushHeaders();
    const tail = this.#controls.tail(
      { streams: query.getAll('stream'), symbols: query.getAll('symbol'), sources: query.getAll('source') },
      { write: (line) => response.write(line), onDrained: (listener) => response.on('drain', listener) },
    );
    response.on('close', () => tail.close());
  }

  async #job(name: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readJson(request);
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'cache-control': 'no-store' });
    response.flushHeaders();
    const out: JobOutput = {
      async data(bytes) {
        if (response.destroyed) throw new JobAbandonedError();
        if (!response.write(jobFrame(JobFrame.data, bytes))) await writable(response);
      },
      progress: (value) => void response.write(jsonFrame(JobFrame.progress, value)),
    };
    try {
      const result = await this.#controls.job(name, body, out);
      if (result === undefined) response.end(jsonFrame(JobFrame.error, { code: 'NO_JOB', message: `this host has no job "${name}"` }));
      else response.end(jsonFrame(JobFrame.result, result));
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === undefined) this.#log.error(`the job ${name} failed`, { error });
      response.end(
        jsonFrame(JobFrame.error, {
          code: code ?? 'JOB_FAILED',
          message: code === undefined ? `the host could not do it; see its log: ${message}` : message,
        }),
      );
    }
  }

  #isAuthorized(request: IncomingMessage): boolean {
    const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
    return timingSafeEqual(digest(given), digest(this.#token));
  }
}
