import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { compileEa, type EaVariant } from './compile.ts';
import { Flag, readTicks, timeMscOf, Type, type Cursor, type TicksFrame } from './link-codec.ts';
import { LinkServer, type LinkPeer } from './link-server.ts';
import { recordTicks, TICK_BYTES } from './record.ts';
import { startEa, type EaHandle, type EaOptions, type EaSymbol } from './start.ts';

/** Monday 2014-05-05 00:00 UTC, in the weeks that our recorded data come from. */
export const FIRST_MSC = 1_399_248_000_000;
export const TOKEN = 'the-token-of-this-test';

export interface Recorded extends EaSymbol {
  /** The recorded ticks, byte for byte. */
  readonly raw: Buffer;
  readonly ticks: number;
}

/** What a test starts and a test must end. */
export class EaBench {
  readonly #dir: string;
  readonly #binaries: Record<EaVariant, string>;
  #eas: EaHandle[] = [];
  #servers: LinkServer[] = [];

  private constructor(dir: string, binaries: Record<EaVariant, string>) {
    this.#dir = dir;
    this.#binaries = binaries;
  }

  static async open(): Promise<EaBench | { missing: string }> {
    const expert = await compileEa({ variant: 'expert', extraFlags: ['-Werror'] });
    if ('missing' in expert) return expert;
    const service = await compileEa({ variant: 'service', extraFlags: ['-Werror'] });
    if ('missing' in service) return service;
    const dir = await mkdtemp(path.join(tmpdir(), 'tickhub-ea-'));
    return new EaBench(dir, { expert: expert.path, service: service.path });
  }

  get dir(): string {
    return this.#dir;
  }

  /** Records `gapsMs.length` ticks, each so many ms after the one before; prices walk deterministically. */
  async record(name: string, gapsMs: readonly number[], bookDepth = 0): Promise<Recorded> {
    const lines = ['time_msc,bid,ask'];
    let msc = FIRST_MSC;
    gapsMs.forEach((gap, i) => {
      msc += gap;
      const bid = 138_000 + ((i * 7919) % 211);
      lines.push(`${msc},${(bid / 1e5).toFixed(5)},${((bid + 2 + (i % 5)) / 1e5).toFixed(5)}`);
    });
    const csv = path.join(this.#dir, `${name}.csv`);
    const file = path.join(this.#dir, `${name}.raw`);
    await writeFile(csv, lines.join('\n'));
    await recordTicks(csv, file, { symbolDigits: 5 });
    return { name, file, digits: 5, bookDepth, raw: await readFile(file), ticks: gapsMs.length };
  }

  async listen(port = 0): Promise<LinkServer> {
    const server = await LinkServer.listen(port);
    this.#servers.push(server);
    return server;
  }

  /** The pipe `name`, in this bench's folder. */
  async listenOnPipe(name: string): Promise<LinkServer> {
    const server = await LinkServer.listenOnPipe(path.join(this.#dir, `tickhub-${name}.sock`));
    this.#servers.push(server);
    return server;
  }

  start(options: Partial<EaOptions> & Pick<EaOptions, 'port' | 'symbols'>, variant: EaVariant = 'expert'): EaHandle {
    const ea = startEa({ binary: this.#binaries[variant], marketStart: Date.now(), speed: 'full', token: TOKEN, ...options });
    this.#eas.push(ea);
    return ea;
  }

  /** Ends what the test has started. */
  async reset(): Promise<void> {
    await Promise.all(this.#eas.map((ea) => ea.kill()));
    await Promise.all(this.#servers.map((server) => server.close()));
    this.#eas = [];
    this.#servers = [];
  }

  async close(): Promise<void> {
    await this.reset();
    await rm(this.#dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
}

/** `n` ticks with every shape that a cursor can trip over: runs in one millisecond, quiet minutes, a weekend. */
export function gaps(n: number): number[] {
  return Array.from({ length: n }, (_, i) => {
    if (i === 0) return 0;
    if (i === Math.floor(n / 2)) return 2 * 86_400_000;
    if (i % 997 === 0) return 7 * 60_000;
    return i % 10 < 4 ? 0 : 1 + ((i * 31) % 240);
  });
}

/** The cursor behind the first `taken` ticks. */
export function cursorAt(raw: Buffer, taken: number): Cursor {
  if (taken === 0) return { msc: 0, same: 0 };
  const msc = timeMscOf(raw, taken - 1);
  let same = 1;
  while (same < taken && timeMscOf(raw, taken - 1 - same) === msc) same++;
  return { msc, same };
}

export const slice = (raw: Buffer, from: number, to?: number): Buffer =>
  raw.subarray(from * TICK_BYTES, to === undefined ? undefined : to * TICK_BYTES);

/** Takes TICKS of a symbol until `until` says so; checks that `firstSeq` leaves no gap. */
export async function take(
  peer: LinkPeer,
  until: (frame: TicksFrame, total: number) => boolean,
  firstSeq?: number,
): Promise<{ ticks: Buffer; frames: TicksFrame[]; nextSeq: number }> {
  const frames: TicksFrame[] = [];
  let expected = firstSeq;
  let total = 0;
  while (true) {
    const frame = readTicks(await peer.next(Type.ticks));
    expected ??= frame.firstSeq;
    if (frame.firstSeq !== expected) throw new Error(`firstSeq is ${frame.firstSeq} where ${expected} was due`);
    expected += frame.count;
    total += frame.count;
    frames.push(frame);
    if (until(frame, total)) return { ticks: Buffer.concat(frames.map((f) => f.ticks)), frames, nextSeq: expected };
  }
}

export const endOfBackfill = (frame: TicksFrame): boolean => (frame.flags & Flag.backfillEnd) !== 0;
