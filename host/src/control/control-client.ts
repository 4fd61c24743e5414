import { readControlFile } from './control-file.ts';
import { HostStatus } from './status.ts';

/** No running host answers for this data folder. Code `NO_HOST`. */
export class NoHostError extends Error {
  readonly code = 'NO_HOST';

  constructor(dataDir: string, detail: string) {
    super(`no host is running on ${dataDir} (${detail}); start one with \`tickhub run\`, or name its folder with --data`);
    this.name = 'NoHostError';
  }
}

async function request(dataDir: string, method: 'GET' | 'POST', path: string): Promise<unknown> {
  const control = await readControlFile(dataDir);
  if (control === null) throw new NoHostError(dataDir, 'it has no control.json');
  let answer: Response;
  try {
    answer = await fetch(`http://127.0.0.1:${control.port}${path}`, {
      method,
      headers: { authorization: `Bearer ${control.token}` },
      signal: AbortSignal.timeout(5_000),
    });
  } catch (error) {
    throw new NoHostError(dataDir, `process ${control.pid} does not answer: ${(error as Error).message}`);
  }
  const body: unknown = await answer.json();
  if (!answer.ok) throw new Error((body as { error?: string }).error ?? `the host answered ${answer.status}`);
  return body;
}

/** The status of the host that works on this data folder. @throws {NoHostError} */
export async function fetchStatus(dataDir: string): Promise<HostStatus> {
  return HostStatus.parse(await request(dataDir, 'GET', '/status'));
}

/** Asks the host to drain and end. @throws {NoHostError} */
export async function requestStop(dataDir: string): Promise<void> {
  await request(dataDir, 'POST', '/stop');
}

/** Lifts a plugin's quarantine. @throws {NoHostError} */
export async function requestRetry(dataDir: string, plugin: string): Promise<void> {
  await request(dataDir, 'POST', `/plugins/${plugin}/retry`);
}
