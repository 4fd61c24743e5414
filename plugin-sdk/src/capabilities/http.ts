export interface HttpRequest {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD';
  headers?: Record<string, string>;
  body?: string;
  /** Milliseconds for the whole exchange, 30,000 by default. */
  timeoutMs?: number;
  /** Largest body in bytes, 8 MiB by default and at most. */
  maxBytes?: number;
}

export interface HttpResponse {
  readonly status: number;
  /** Where the answer came from, after redirects. */
  readonly url: string;
  /** Where the address has moved for good, when the way there was by 301 and 308 only; otherwise null. */
  readonly movedTo: string | null;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/**
 * HTTP through the host. Only hosts named in the manifest's `permissions.hosts`; private and loopback addresses only when named themselves.
 * Rejects with a code: HTTP_HOST_DENIED, HTTP_TIMEOUT, HTTP_TOO_LARGE, HTTP_REDIRECTS, HTTP_INCOMPLETE
 * (the body ended before it should have), HTTP_UNREACHABLE (no connection, no such name), HTTP_FAILED.
 */
export interface Http {
  fetch(url: string, request?: HttpRequest): Promise<HttpResponse>;
}
