export interface SocketOptions {
  /** Subprotocols to offer. */
  protocols?: readonly string[];
  headers?: Readonly<Record<string, string>>;
  /** Milliseconds to connect within, 15,000 by default. */
  timeoutMs?: number;
  /** Largest message in bytes, 1 MiB by default, 8 MiB at most. A larger one closes the connection. */
  maxMessageBytes?: number;
}

/** Why a connection ended. */
export interface SocketEnd {
  /** WebSocket close code; 1006 when the connection broke. */
  readonly code: number;
  readonly reason: string;
}

/** An open WebSocket. It is closed when the plugin stops. */
export interface SocketConnection {
  /** The subprotocol that the server chose; empty when none. */
  readonly protocol: string;
  /** Called for each message, in order. Set it before the first `await` after connecting, and nothing is missed. */
  onMessage(listener: (data: string | Uint8Array) => void): void;
  /** Called once. */
  onEnd(listener: (end: SocketEnd) => void): void;
  /** Does nothing once the connection has ended. */
  send(data: string | Uint8Array): void;
  close(code?: number, reason?: string): void;
}

/**
 * WebSockets through the host. Only hosts named in the manifest's `permissions.hosts`; private and loopback addresses only when named themselves.
 * Rejects with a code: SOCKET_HOST_DENIED, SOCKET_TIMEOUT, SOCKET_REFUSED (the server answered with an HTTP status, which is in the message and in
 * `status`), SOCKET_FAILED, SOCKET_LIMIT.
 */
export interface Socket {
  connect(url: string, options?: SocketOptions): Promise<SocketConnection>;
}
