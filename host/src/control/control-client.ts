import { z } from 'zod';
import type { TailFilter } from '../collector/tail.ts';
import { HOST_VERSION } from '../version.ts';
import { readControlFile } from './control-file.ts';
import { HostStatus } from './status.ts';

const ANSWER_MS = 5_000;

/** No running host answers for this data folder. Code `NO_HOST`. */
export class NoHostError extends Error {
  readonly code = 'NO_HOST';

  constructor(dataDir: string, detail: string) {
    super(`no host is running on ${dataDir} (${detail}); start one with \`tickhub run\`, or name its folder with --data`);
    this.name = 'NoHostError';
  }
}

/** The host would not do what was asked. Code `CONTROL_REFUSED`. */
export class ControlRefusedError extends Error {
  readonly code = 'CONTROL_REFUSED';

  constructor(message: string) {
    super(message);
    this.name = 'ControlRefusedError';
  }
}

/** The host is of a version whose status this command does not understand. Code `CONTROL_VERSION`. */
export class ControlVersionError extends Error {
  readonly code = 'CONTROL_VERSION';

  constructor(version: string | undefined, cause: unknown) {
    super(
      `the running host is of another version (${version ?? 'unknown'}) than this command (${HOST_VERSION}); use that host's own command`,
      {
        cause,
      },
    );
    this.name = 'ControlVersionError';
  }
}

const Refusal = z.object({ error: z.string() });
const AnyStatus = z.object({ host: z.object({ version: z.string() }) });

/** What a running host answered, and what to throw when its answer ends before it should. */
export interface Reached {
  readonly answer: Response;
  readonly pid: number;
  gone(error: unknown): NoHostError;
}

/** Asks the host that works on this data folder, as its control.json says. @throws {NoHostError} when none does, or what answers is another. */
export async function reachHost(dataDir: string, path: string, init: RequestInit & { headers?: Record<string, string> }): Promise<Reached> {
  const control = await readControlFile(dataDir);
  if (control === null) throw new NoHostError(dataDir, 'it has no control.json');
  const silent = (why: string): NoHostError => new NoHostError(dataDir, `process ${control.pid} does not answer: ${why}`);
  const gone = (error: unknown): NoHostError => {
    const { message, cause } = error as Error;
    return silent(cause instanceof Error ? cause.message : message);
  };
  const answer = await fetch(`http://127.0.0.1:${control.port}${path}`, {
    ...init,
    headers: { ...init.headers, authorization: `Bearer ${control.token}` },
  }).catch((error: unknown) => {
    throw gone(error);
  });
  // The port of a host that was killed may be another's by now.
  if (answer.status === 401) throw silent('what listens on its port is another');
  return { answer, pid: control.pid, gone };
}

/** Reads the lines of an answer as they come. @throws {NoHostError} when there is no host, or it ends meanwhile. */
export async function* tailLines(dataDir: string, filter: TailFilter, signal: AbortSignal): AsyncGenerator<string> {
  const query = new URLSearchParams([
    ...filter.streams.map((stream) => ['stream', stream]),
    ...filter.symbols.map((symbol) => ['symbol', symbol]),
    ...filter.sources.map((source) => ['source', source]),
  ]);
  const { answer, pid } = await reachHost(dataDir, `/tail?${query}`, { signal });
  if (!answer.ok || answer.body === null) throw new ControlRefusedError(`the host answered ${answer.status}`);
  let rest = '';
  try {
    for await (const text of answer.body.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } catch (error) {
    if (signal.aborted) return;
    throw new NoHostError(dataDir, `process ${pid} has ended: ${(error as Error).message}`);
  }
}

async function request(dataDir: string, method: 'GET' | 'POST', path: string): Promise<unknown> {
  const { answer, gone } = await reachHost(dataDir, path, { method, signal: AbortSignal.timeout(ANSWER_MS) });
  const body: unknown = await answer.json().catch((error: unknown) => {
    throw gone(error);
  });
  if (!answer.ok) throw new ControlRefusedError(Refusal.safeParse(body).data?.error ?? `the host answered ${answer.status}`);
  return body;
}

/** The status of the host that works on this data folder. @throws {NoHostError | ControlRefusedError | ControlVersionError} */
export async function fetchStatus(dataDir: string): Promise<HostStatus> {
  const body = await request(dataDir, 'GET', '/status');
  const status = HostStatus.safeParse(body);
  if (status.success) return status.data;
  throw new ControlVersionError(AnyStatus.safeParse(body).data?.host.version, status.error);
}

/** Asks the host to drain and end; it has begun to when this resolves. @throws {NoHostError} */
export async function requestStop(dataDir: string): Promise<void> {
  await request(dataDir, 'POST', '/stop');
}

/** Lifts a plugin's quarantine. @throws {NoHostError | ControlRefusedError} */
export async function requestRetry(dataDir: string, plugin: string): Promise<void> {
  await request(dataDir, 'POST', `/plugins/${encodeURIComponent(plugin)}/retry`);
}
