import type { PipeFrameType } from '../protocol/pipe.ts';

/** The isolate's end of the data channel: frames both ways. The socket of a child process, or memory in a test. */
export interface FrameChannel {
  /** Writes one frame. Head and body are kept until they are written: do not write to them afterwards. */
  send(type: PipeFrameType, head: Uint8Array | null, body: Uint8Array): void;
  /** Bytes given to {@link send} that the host has not taken. */
  readonly backlogBytes: number;
  /** True from when the backlog passes its upper mark until it is below the lower one. */
  readonly congested: boolean;
  /** Called each time {@link congested} becomes false. Returns the way to stop it. */
  onDrained(listener: () => void): () => void;
  /** Resolves when everything sent so far has left the process. */
  flushed(): Promise<void>;
  /** Frames from the host go here from now on; until the first call, and after {@link pause}, they wait. */
  resume(onFrame: (type: number, body: Uint8Array) => void): void;
  pause(): void;
}
