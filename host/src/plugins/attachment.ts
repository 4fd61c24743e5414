import type { HostMessage, IsolateMessage, PipeFrameType, PluginManifest } from '@tickhub/plugin-sdk/host';
import type { PluginOrigin } from './discovery/inspect.ts';

/** What the rest of the host sees of one running isolate. */
export interface IsolateLink {
  readonly manifest: PluginManifest;
  /** Whether it came with the host or is the user's. */
  readonly origin: PluginOrigin;
  /** Rises by one with every isolate of this plugin: two versions of a reload differ by it. */
  readonly generation: number;
  /** Writes one frame to the data channel. False when the isolate is slow and {@link onDrained} should be awaited. */
  send(type: PipeFrameType, head: Uint8Array | null, body: Uint8Array): boolean;
  /** Bytes written and not yet taken by the isolate. */
  readonly backlogBytes: number;
  /** Called each time the isolate has caught up after `send` answered false. */
  onDrained(listener: () => void): void;
  /** Stops and restarts the reading of the isolate's data channel: backpressure to the plugin. */
  pauseReading(): void;
  resumeReading(): void;
  tell(message: HostMessage): void;
}

/** The `start` message without its type and snapshot. */
export type StartTerms = Omit<Extract<HostMessage, { type: 'start' }>, 'type' | 'snapshot'>;

export type AttachmentMessage = Extract<IsolateMessage, { type: 'resume' | 'suspend' | 'analyst' | 'analysed' | 'agents-said' }>;

/**
 * What the host gives one isolate while it lives: where its frames go, what it is told at start. `plugins/` knows nothing of streams
 * and delivery; the composition root gives it a function that makes attachments.
 */
export interface Attachment {
  /** Asked right before `start`: cursors and so on, as of now. */
  startTerms(): StartTerms;
  /**
   * A frame from the data channel. Returns true when it was output that counts as a sign of health for a reload (ticks or records, even if all were duplicates).
   * Throws when the frame is malformed: the isolate is then crashed with that reason.
   */
  onFrame(type: number, body: Uint8Array): boolean;
  /** `resume`, `suspend` and `agents-said` of a transport; `analyst` and `analysed` of a model. */
  onMessage(message: AttachmentMessage): void;
  /** A capability call that `plugins/` does not answer itself (it answers `store`, `http` and `socket`). Rejections carry a code. */
  call(capability: string, method: string, args: readonly unknown[]): Promise<unknown>;
  /** The isolate has drained, crashed or exited; nothing comes any more. */
  detach(): void;
}

/** Makes the attachment of a new isolate, before it is started. */
export type Attach = (link: IsolateLink) => Attachment;
