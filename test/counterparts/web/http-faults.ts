import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';

/** What an HTTP server may do wrong, or ask for. */
export type HttpFault =
  /** Takes the request and never answers. */
  | { readonly kind: 'silent' }
  /** Sends the head of its answer byte by byte, for ever. */
  | { readonly kind: 'dripping-head' }
  /** Sends the document, but so many bytes each so many milliseconds. */
  | { readonly kind: 'dripping'; readonly bytes: number; readonly everyMs: number }
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** 429 with `Retry-After` in seconds, or as a date so many seconds from now. */
  | { readonly kind: 'rate-limited'; readonly seconds: number; readonly as?: 'seconds' | 'date' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'moved'; readonly to: string; readonly status?: 301 | 302 | 307 | 308 }
  /** Redirects to itself. */
  | { readonly kind: 'redirect-loop' }
  /** Breaks the connection in the middle of the body. */
  | { readonly kind: 'half-a-body' }
  /** Says that the body is longer, or shorter, than it is. */
  | { readonly kind: 'wrong-length'; readonly by: number }
  /** A small body that swells to so many bytes. */
  | { readonly kind: 'gzip-bomb'; readonly bytes: number }
  | { readonly kind: 'endless' }
  /** Gives the document under another charset than it is written in. */
  | { readonly kind: 'wrong-charset'; readonly charset: string }
  /** Breaks the connection without a word. */
  | { readonly kind: 'reset' }
  /** Speaks something that is not HTTP. */
  | { readonly kind: 'garbage' };

const LINE_OF_NOTHING = Buffer.alloc(65_536, 0x20);

const bombs = new Map<number, Buffer>();

/** Made once: packing takes long enough to hold up the test's other servers. */
function bombOf(bytes: number): Buffer {
  const bomb = bombs.get(bytes) ?? gzipSync(Buffer.alloc(bytes));
  bombs.set(bytes, bomb);
  return bomb;
}

/** Answers with a fault. `body` and `headers` are of the document that lies at the path. */
export function answerWith(
  fault: HttpFault,
  request: IncomingMessage,
  response: ServerResponse,
  { body, headers }: { body: Uint8Array; headers: Readonly<Record<string, string>> },
): void {
  switch (fault.kind) {
    case 'silent':
      return;
    case 'dripping-head':
      request.socket.write('HTTP/1.1 200 OK\r\nx-drip: ');
      return repeat(request, 10, () => request.socket.write('x'));
    case 'dripping': {
      response.writeHead(200, { ...headers, 'content-length': body.byteLength });
      let at = 0;
      return repeat(request, fault.everyMs, () => {
        if (at >= body.byteLength) return void response.end();
        response.write(body.subarray(at, (at += fault.bytes)));
      });
    }
    case 'status':
      response.writeHead(fault.status, { ...fault.headers }).end();
      return;
    case 'rate-limited': {
      const at = new Date(Date.now() + fault.seconds * 1_000).toUTCString();
      response.writeHead(429, { 'retry-after': fault.as === 'date' ? at : String(fault.seconds) }).end();
      return;
    }
    case 'gone':
      response.writeHead(410).end();
      return;
    case 'moved':
      response.writeHead(fault.status ?? 301, { location: fault.to }).end();
      return;
    case 'redirect-loop':
      response.writeHead(302, { location: request.url ?? '/' }).end();
      return;
    case 'half-a-body':
      response.writeHead(200, { ...headers, 'content-length': body.byteLength });
      response.write(body.subarray(0, body.byteLength >> 1), () => response.destroy());
      return;
    case 'wrong-length':
      // Past the checks of node:http, which knows better.
      request.socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.byteLength + fault.by}\r\nconnection: close\r\n\r\n`);
      request.socket.end(body);
      return;
    case 'gzip-bomb':
      response.writeHead(200, { ...headers, 'content-encoding': 'gzip' }).end(bombOf(fault.bytes));
      return;
    case 'endless': {
      response.writeHead(200, { ...headers });
      const more = (): void => {
        while (!response.destroyed && response.write(LINE_OF_NOTHING));
        response.once('drain', more);
      };
      return more();
    }
    case 'wrong-charset': {
      const type = (headers['content-type'] ?? 'text/plain').split(';')[0];
      response.writeHead(200, { ...headers, 'content-type': `${type}; charset=${fault.charset}` }).end(body);
      return;
    }
    case 'reset':
      request.socket.destroy();
      return;
    case 'garbage':
      request.socket.end('\u0000\u0001 this is no HTTP \r\n\r\n');
  }
}

function repeat(request: IncomingMessage, everyMs: number, act: () => void): void {
  const timer = setInterval(act, everyMs);
  request.socket.once('close', () => clearInterval(timer));
}
