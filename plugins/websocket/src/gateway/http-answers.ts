import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LedgerHealth } from './ledger-messages.ts';
import type { Tokens } from './tokens.ts';

/** What of a gateway can be asked over HTTP. */
export interface AskedGateway {
  readonly health: LedgerHealth;
  readonly tokens: Pick<Tokens, 'jwks'>;
  stats(): Promise<unknown>;
}

const LOOPBACK = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);
/** The names a local program uses. A page whose name was pointed at this machine sends its own. */
const LOCAL_NAMES = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i;

/** `/healthz`, `/.well-known/jwks.json`, and for programs on this machine `/stats`. */
export async function answerHttp(request: IncomingMessage, response: ServerResponse, gateway: AskedGateway): Promise<void> {
  const answer = (status: number, body: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    response.end(request.method === 'HEAD' ? undefined : JSON.stringify(body));
  };
  if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, { error: 'only GET is answered here' });
  switch (request.url?.split('?', 1)[0]) {
    case '/healthz': {
      const { health } = gateway;
      return health.ok ? answer(200, { status: 'ok' }) : answer(503, { status: 'unavailable', code: health.code });
    }
    case '/.well-known/jwks.json':
      return answer(200, gateway.tokens.jwks);
    case '/stats': {
      const local = LOOPBACK.has(request.socket.remoteAddress ?? '') && LOCAL_NAMES.test(request.headers.host ?? '');
      return local ? answer(200, await gateway.stats()) : answer(403, { error: 'only for programs on the same machine' });
    }
    default:
      return answer(404, { error: 'nothing here; clients connect to /ws/client/{user_id}' });
  }
}
