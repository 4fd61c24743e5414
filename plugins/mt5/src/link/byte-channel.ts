/** The way bytes go: a socket, or a pair of ends in memory. */
export interface ByteChannel {
  /** Sends, or keeps until it can be sent. */
  write(bytes: Uint8Array): void;
  /** Bytes that could not be sent yet. */
  readonly unsent: number;
  /** Stops reading, so that the peer is held up. */
  pause(): void;
  resume(): void;
  /** Sends what was written, then closes. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
}

/** What comes from the other end of a {@link ByteChannel}. */
export interface ByteReceiver {
  /** The chunk may be used again when this returns. */
  receive(chunk: Uint8Array): void;
  /** The channel is closed; `reason` is for people. Called once. */
  closed(reason: string): void;
}
