import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { HttpRequest, HttpResponse } from '../capabilities/http.ts';
import type { Log } from '../capabilities/log.ts';
import type { Store } from '../capabilities/store.ts';

export type PollRequest = { url: string } & HttpRequest;

const Memory = z.object({
  /** Hash of what the validators, the move and the end belong to: the address as the source gives it, which may have a key in it. */
  address: z.string(),
  etag: z.string().optional(),
  lastModified: z.string().optional(),
  /** Where it says it has moved to for good, and how often in a row it said so. */
  movedTo: z.string().optional(),
  moves: z.number().int().min(0).optional(),
  gone: z.boolean().optional(),
  /** The server asked for no request before this time; Unix epoch milliseconds. */
  pausedUntil: z.number().optional(),
});
type Memory = z.infer<typeof Memory>;

/** A move is believed when it was told so often in a row: the login page of a hotel's network is no new address. */
const MOVES_TO_BELIEVE = 3;
/** What another origin may see. Any other header may carry a key: each provider has a name of its own for it. */
const PLAIN_HEADERS =
  /^(accept|accept-(charset|encoding|language)|user-agent|cache-control|content-(type|language)|if-(none-match|modified-since))$/i;

/** What is known of one polled source over restarts: its validators, where it moved, that it is gone, how long its server wants to be left alone. */
export class PollMemory {
  readonly #store: Store;
  readonly #log: Log;
  readonly #source: string;
  #known: Memory = { address: '' };
  #kept = '';
  #failed = false;

  constructor(store: Store, log: Log, source: string) {
    this.#store = store;
    this.#log = log;
    this.#source = source;
  }

  /** A store that fails is said once, and done without. */
  async load(): Promise<void> {
    try {
      const parsed = Memory.safeParse(await this.#store.get(this.#key));
      if (!parsed.success) return;
      this.#known = parsed.data;
      this.#kept = JSON.stringify(parsed.data);
    } catch (error) {
      this.#onFailure(error);
    }
  }

  /** What is known now, for a {@link save} later. */
  get known(): Readonly<Memory> {
    return this.#known;
  }

  async save(known: Readonly<Memory> = this.#known): Promise<void> {
    const kept = withoutKeys(known);
    const text = JSON.stringify(kept);
    if (text === this.#kept) return;
    this.#kept = text;
    try {
      await this.#store.set(this.#key, kept);
    } catch (error) {
      this.#kept = '';
      this.#onFailure(error);
    }
  }

  /** Unix epoch milliseconds; 0 when its server asked for no pause. */
  get pausedUntil(): number {
    return this.#known.pausedUntil ?? 0;
  }

  set pausedUntil(at: number) {
    this.#known = { ...this.#known, pausedUntil: at };
  }

  isGone({ url }: PollRequest): boolean {
    return this.#known.address === hashOf(url) && this.#known.gone === true;
  }

  setGone({ url }: PollRequest): void {
    this.#known = { address: hashOf(url), gone: true };
  }

  /** Forgets the validators, so that the content is given in full. */
  forgetValidators(): void {
    this.#known = { ...this.#known, etag: undefined, lastModified: undefined };
  }

  /** The request as it is sent: to where the source has moved, and with the validators as the server gave them. */
  address(request: PollRequest): PollRequest {
    const { method = 'GET', headers = {} } = request;
    // Of another address nothing is known yet, but that its server wants to be left alone.
    const hash = hashOf(request.url);
    if (hash !== this.#known.address) this.#known = { address: hash, pausedUntil: this.#known.pausedUntil };
    const { etag, lastModified, moves = 0, movedTo } = this.#known;
    const url = movedTo !== undefined && moves >= MOVES_TO_BELIEVE && mayMove(request, movedTo) ? movedTo : request.url;
    if (method !== 'GET' && method !== 'HEAD') return { ...request, url };
    const conditional: Record<string, string> = {};
    if (etag !== undefined) conditional['if-none-match'] = etag;
    if (lastModified !== undefined) conditional['if-modified-since'] = lastModified;
    return { ...request, url, headers: { ...conditional, ...headers } };
  }

  /** Content came and was taken. */
  took({ headers }: HttpResponse): void {
    this.#known = { ...this.#known, etag: headers['etag'], lastModified: headers['last-modified'] };
  }

  /** Learns from an answer that was in order whether the source has moved. */
  noteMove(request: PollRequest, sentTo: string, { movedTo }: HttpResponse): void {
    const known = this.#known;
    // Asked at its new address, it may move on from there; a plain answer there says nothing new.
    if (movedTo === null) {
      if (sentTo === request.url) this.forgetMove();
      return;
    }
    if (!mayMove(request, movedTo)) return;
    const moves = known.movedTo === movedTo ? (known.moves ?? 0) + 1 : 1;
    this.#known = { ...known, movedTo, moves };
    if (moves === MOVES_TO_BELIEVE) {
      this.#log.info(
        `${this.#source} has moved for good to ${originOf(movedTo)}; it is asked there from now on, please correct its address`,
      );
    }
  }

  /** Where it moved to, it is not: ask at its own address again. */
  forgetMove(): void {
    this.#known = { ...this.#known, movedTo: undefined, moves: undefined };
  }

  get #key(): string {
    return `poll/${this.#source}`;
  }

  #onFailure(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#log.warn(`what is known of ${this.#source} could not be read or kept; after a restart it is asked as if for the first time`, {
      error: error instanceof Error ? error.message : String(error),
    });
  }
}

function hashOf(url: string): string {
  return createHash('sha256').update(url).digest('base64url');
}

/** What may lie on the disk: a new address with a query or a sign-in, which may have a key in it, is learned again after a restart. */
function withoutKeys({ movedTo, moves, ...rest }: Readonly<Memory>): Memory {
  const url = movedTo === undefined ? null : URL.parse(movedTo);
  return url === null || url.search !== '' || url.username !== '' || url.password !== '' ? rest : { ...rest, movedTo, moves };
}

/** Never from https to http, and never to another origin with what only this one may see. */
function mayMove({ url, headers = {} }: PollRequest, movedTo: string): boolean {
  const [from, to] = [URL.parse(url), URL.parse(movedTo)];
  if (from === null || to === null || (from.protocol === 'https:' && to.protocol !== 'https:')) return false;
  return from.origin === to.origin || Object.keys(headers).every((name) => PLAIN_HEADERS.test(name));
}

function originOf(url: string): string {
  return URL.parse(url)?.host ?? 'another address';
}
