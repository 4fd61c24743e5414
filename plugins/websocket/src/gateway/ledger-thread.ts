/**
 * The ledger's side of its thread: takes messages, commits them in groups, answers after the commit. A group is whatever has arrived: one frame alone is
 * committed at once, and what arrives during a commit is the next group.
 */
import { RefusedFrame, ledgerError } from './ledger/errors.ts';
import type { LedgerError } from './ledger/errors.ts';
import type { Feed } from './ledger/feed.ts';
import { Ledger } from './ledger/ledger.ts';
import { setAside } from './ledger/salvage.ts';
import type { FromLedger, LedgerStats, LedgerThreadOptions, ToLedger } from './ledger-messages.ts';
import { takeMessage } from './take-message.ts';
import { CloseCode } from '../wire/link-constants.ts';
import { WireFormatError } from '../wire/errors.ts';

/** A group is closed at this size or age, so that acks do not wait for a sender that never stops. */
const GROUP_BYTES = 4 * 1_048_576;
const GROUP_MS = 20;
const RETRY_MS = 250;

export interface LedgerPort {
  send(messages: readonly FromLedger[]): void;
  /** The next message that has arrived, if any. */
  receive(): ToLedger | undefined;
  close(): void;
}

interface Session {
  readonly feed: Feed;
  readonly user: string;
  /** Bytes of messages of this group. */
  bytes: number;
  /** Something came that is to be acknowledged, be it again. */
  toAck: boolean;
}

export class LedgerThread {
  readonly #options: LedgerThreadOptions;
  readonly #port: LedgerPort;
  readonly #monotonic: () => number;
  #ledger: Ledger | null = null;
  readonly #sessions = new Map<number, Session>();
  #answers: FromLedger[] = [];
  #retry: NodeJS.Timeout | null = null;
  #commits = 0;
  #commitMs = 0;

  /** @param monotonic milliseconds, for the age of a group. */
  constructor(options: LedgerThreadOptions, port: LedgerPort, monotonic: () => number = () => performance.now()) {
    this.#options = options;
    this.#port = port;
    this.#monotonic = monotonic;
  }

  /** Opens the ledger; one that cannot be opened now is tried again until it can. */
  start(): void {
    this.#open();
    this.#answers.push({ type: 'opened' });
    this.#flush();
  }

  /** Takes `first` and what else has arrived. */
  take(first: ToLedger): void {
    const started = this.#monotonic();
    let bytes = 0;
    for (let message: ToLedger | undefined = first; message !== undefined; message = this.#port.receive()) {
      if (message.type === 'close') return this.#close();
      if (message.type === 'message') bytes += message.data.byteLength;
      this.#guard(() => this.#handle(message));
      if (bytes >= GROUP_BYTES || this.#monotonic() - started >= GROUP_MS) break;
    }
    this.#guard(() => this.#commit());
    this.#flush();
  }

  #handle(message: Exclude<ToLedger, { type: 'close' }>): void {
    switch (message.type) {
      case 'hello':
        return this.#hello(message.session, message.user, message.epoch, message.lastSeq);
      case 'message':
        return this.#message(message.session, message.data, message.binary);
      case 'end':
        this.#sessions.delete(message.session);
        return;
      case 'stats':
        this.#answers.push({ type: 'stats', id: message.id, stats: this.#stats() });
    }
  }

  #hello(id: number, user: string, epoch: string, clientLastSeq: number): void {
    if (this.#ledger === null) {
      this.#answers.push({ type: 'refused', session: id, closeCode: CloseCode.unavailable, reason: 'the ledger cannot be written now' });
      return;
    }
    const feed = this.#ledger.feed(user, epoch, clientLastSeq);
    if (clientLastSeq > feed.lastSeq) {
      this.#log(
        'error',
        `${user}: the client knows frames up to ${clientLastSeq} of epoch ${epoch} to be acknowledged, this ledger has them up to ${feed.lastSeq}: it was replaced by an older copy, or was damaged`,
      );
    }
    this.#sessions.set(id, { feed, user, bytes: 0, toAck: false });
    this.#answers.push({ type: 'resume', session: id, epoch, lastSeq: feed.lastSeq });
  }

  #message(id: number, data: Uint8Array, binary: boolean): void {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    session.bytes += data.byteLength;
    try {
      const { frames, foreign } = takeMessage(session.feed, session.user, data, binary, (aside) =>
        this.#answers.push({ type: 'aside', session: id, aside }),
      );
      if (frames > 0) session.toAck = true;
      if (foreign > 0) this.#log('warn', `${session.user}: ignored ${foreign} envelopes with another user_id`);
    } catch (error) {
      const refused = error instanceof WireFormatError ? new RefusedFrame(CloseCode.badMessage, error.message) : error;
      if (!(refused instanceof RefusedFrame)) throw error;
      this.#sessions.delete(id);
      this.#log('error', `${session.user}: refused: ${refused.message}`);
      this.#answers.push({ type: 'refused', session: id, closeCode: refused.closeCode, reason: refused.message });
    }
  }

  #commit(): void {
    if (this.#ledger === null) return;
    const started = this.#monotonic();
    this.#ledger.commit();
    this.#commitMs += this.#monotonic() - started;
    this.#commits++;
    for (const [id, session] of this.#sessions) {
      if (session.bytes === 0) continue;
      const { lastSeq } = session.feed;
      this.#answers.push({ type: 'taken', session: id, seq: session.toAck ? lastSeq : null, bytes: session.bytes });
      session.bytes = 0;
      session.toAck = false;
    }
  }

  /** Runs what touches the disk. A failure undoes the group: its senders are sent away, come again, and go on from what is durable. */
  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      const failure = ledgerError(error, this.#options.path);
      if (failure === null) throw error;
      this.#fail(failure);
    }
  }

  #fail(failure: LedgerError): void {
    this.#answers = this.#answers.filter(({ type }) => type === 'log' || type === 'stats' || type === 'refused' || type === 'opened');
    for (const session of this.#sessions.keys()) {
      this.#answers.push({ type: 'refused', session, closeCode: CloseCode.unavailable, reason: failure.message });
    }
    this.#sessions.clear();
    try {
      this.#ledger?.close();
    } catch {
      // A file that fails may fail to close as well; what it holds uncommitted is gone either way.
    }
    this.#ledger = null;
    this.#log('error', failure.message);
    this.#answers.push({ type: 'health', health: { ok: false, code: failure.code, reason: failure.message } });
    if (failure.code === 'LEDGER_DAMAGED') this.#salvage();
    this.#retryLater();
  }

  #salvage(): void {
    try {
      const { aside, lost } = setAside(this.#options.path, Date.now());
      const what = lost.length === 0 ? 'positions and totals were carried over' : `not readable any more: ${lost.join(', ')}`;
      this.#log('error', `the damaged ledger was set aside as ${aside}, with the frames in it; a new one goes on (${what})`);
    } catch (error) {
      this.#log('error', `the damaged ledger could not be set aside: ${(error as Error).message}`);
    }
  }

  #retryLater(): void {
    this.#retry ??= setTimeout(() => {
      this.#retry = null;
      this.#open();
      this.#flush();
    }, RETRY_MS);
  }

  #open(): void {
    this.#guard(() => {
      const ledger = new Ledger(this.#options.path, { keepBytes: this.#options.keepBytes });
      this.#ledger = ledger;
      // A write that reaches the disk: an open file alone says nothing of a full one.
      ledger.probe();
      this.#answers.push({ type: 'health', health: { ok: true } });
    });
  }

  #stats(): LedgerStats {
    const users = this.#ledger?.usage() ?? [];
    return { users, instruments: this.#ledger?.counts() ?? [], commits: this.#commits, commitMs: this.#commitMs };
  }

  #log(level: 'info' | 'warn' | 'error', text: string): void {
    this.#answers.push({ type: 'log', level, text });
  }

  #flush(): void {
    if (this.#answers.length === 0) return;
    this.#port.send(this.#answers);
    this.#answers = [];
  }

  #close(): void {
    this.#guard(() => this.#commit());
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#ledger?.close();
    this.#ledger = null;
    this.#answers.push({ type: 'closed' });
    this.#flush();
    this.#port.close();
  }
}
