import { z } from 'zod';
import { ControlRefusedError, reachHost } from './control-client.ts';
import { JobFrame, readFrames } from './job-stream.ts';

const Failure = z.object({ code: z.string(), message: z.string() });
const decoder = new TextDecoder();
const json = (payload: Uint8Array): unknown => JSON.parse(decoder.decode(payload));

/** A job that the host could not do: the error as it was there, with its code. */
export class JobFailedError extends Error {
  readonly code: string;

  constructor({ code, message }: z.infer<typeof Failure>) {
    super(message);
    this.name = 'JobFailedError';
    this.code = code;
  }
}

export interface JobHandlers {
  /** Awaited, so that the host makes no more than is taken. */
  data?(bytes: Uint8Array): Promise<void> | void;
  progress?(value: unknown): void;
  readonly signal?: AbortSignal;
}

/**
 * Has the running host do a job.
 * @returns its result.
 * @throws {NoHostError | ControlRefusedError | JobFailedError}
 */
export async function requestJob(dataDir: string, name: string, request: unknown, handlers: JobHandlers): Promise<unknown> {
  const { answer, gone } = await reachHost(dataDir, `/jobs/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
    ...(handlers.signal !== undefined && { signal: handlers.signal }),
  });
  if (!answer.ok || answer.body === null) throw new ControlRefusedError(`the host answered ${answer.status}; is it of another version?`);
  const frames = readFrames(answer.body);
  for (;;) {
    const next = await frames.next().catch((error: unknown) => {
      throw gone(error);
    });
    if (next.done === true) throw gone(new Error('the answer has no end'));
    const { kind, payload } = next.value;
    if (kind === JobFrame.data) await handlers.data?.(payload);
    else if (kind === JobFrame.progress) handlers.progress?.(json(payload));
    else if (kind === JobFrame.result) return json(payload);
    else throw new JobFailedError(Failure.parse(json(payload)));
  }
}
