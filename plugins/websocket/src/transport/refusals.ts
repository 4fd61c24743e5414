import { CloseCode } from '../wire/link-constants.ts';

/** What the end of a connection asks for. */
export interface Ending {
  /** For the log and the status line. */
  readonly reason: string;
  /** `at-once` the first time in a row, `backoff`, `slow`: only the user can mend it, or new credentials. */
  readonly retry: 'at-once' | 'backoff' | 'slow';
  /** What the user can do; empty when it mends itself. */
  readonly advice: string;
  /** The backend knows no subprotocols: the next connection is to offer none, which means JSON. */
  readonly offerNone?: boolean;
}

const NEW_TOKEN = 'put a fresh token from your account page into the token file';

const ENDINGS: Readonly<Record<number, Omit<Ending, 'reason'>>> = {
  [CloseCode.goingAway]: { retry: 'at-once', advice: '' },
  [CloseCode.unauthorized]: { retry: 'slow', advice: NEW_TOKEN },
  [CloseCode.expired]: { retry: 'slow', advice: NEW_TOKEN },
  [CloseCode.wrongUser]: { retry: 'slow', advice: "the token and the backend's URL name different users: correct the one that is wrong" },
  [CloseCode.badProtocol]: { retry: 'slow', advice: 'update Tickhub or the backend, or set plugins.websocket.protocol to json' },
  [CloseCode.replaced]: {
    retry: 'slow',
    advice: 'another Tickhub with the same account is connected: stop one of the two',
  },
  [CloseCode.tooBig]: { retry: 'backoff', advice: 'the backend takes smaller messages only than the protocol asks for: update it' },
  [CloseCode.hole]: { retry: 'backoff', advice: 'the backend missed frames that were not announced: report this with the log' },
  [CloseCode.conflict]: { retry: 'backoff', advice: 'the backend has another frame under the same number: report this with the log' },
  [CloseCode.badMessage]: { retry: 'backoff', advice: 'the backend did not understand a message: report this with the log' },
};

/** What a close code means; PROTOCOL.md section 7. */
export function endingOfClose(code: number, said: string): Ending {
  const known = ENDINGS[code];
  const reason = `the backend closed the connection (${code}${said === '' ? '' : `: ${said}`})`;
  return { reason, ...(known ?? { retry: 'backoff', advice: '' }) };
}

/** What an HTTP answer in place of the upgrade means. */
export function endingOfHttp(status: number): Ending {
  const reason = `the backend answered HTTP ${status}`;
  if (status === 401 || status === 403) return { reason, retry: 'slow', advice: NEW_TOKEN };
  if (status === 404) return { reason, retry: 'slow', advice: 'the URL of the backend has no such path: correct backend.url' };
  return { reason, retry: 'backoff', advice: '' };
}
