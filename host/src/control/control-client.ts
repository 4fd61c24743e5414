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

/** Reads the lines of an answer as they come. @throws {NoHostError} when there is no host, or it ends meanwhile. */
export async function* tailLines(dataDir: string, filter: TailFilter, signal: AbortSignal): AsyncGenerator<string> {
  const control = await readControlFile(dataDir);
  if (control === null) throw new NoHostError(dataDir, 'it has no control.json');
  const query = new URLSearchParams([
    ...filter.streams.map((stream) => ['stream', stream]),
    ...filter.symbols.map((symbol) => ['symbol', symbol]),
    ...filter.sources.map((source) => ['source', source]),
  ]);
  const answer = await fetch(`http://127.0.0.1:${control.port}/tail?${query}`, {
    headers: { authorization: `Bearer ${control.token}` },
    signal,
  }).catch((error: Error) => {
    throw new NoHostError(dataDir, `process ${control.pid} does not answer: ${error.message}`);
  });
  if (answer.status === 401) throw new NoHostError(dataDir, `process ${control.pid} does not answer: what listens on its port is another`);
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
    throw new NoHostError(dataDir, `process ${control.pid} has ended: ${(error as Error).message}`);
  }
}

async function request(dataDir: string, method: 'GET' | 'POST', path: string): Promise<unknown> {
  const control = await readControlFile(dataDir);
  if (control === null) throw new NoHostError(dataDir, 'it has no control.json');
  const gone = (why: string): NoHostError => new NoHostError(dataDir, `process ${control.pid} does not answer: ${why}`);
  let answer: Response;
  let body: unknown;
  try {
    answer = await fetch(`http://127.0.0.1:${control.port}${path}`, {
      method,
      headers: { authorization: `Bearer ${control.token}` },
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    body = await answer.json();
  } catch (error) {
    const { message, cause } = error as Error;
    throw gone(cause instanceof Error ? cause.message : message);
  }
  // The port of a host that was killed may be another's by now.
  if (answer.status === 401) throw gone('what listens on its port is another');
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
