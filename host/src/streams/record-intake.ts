import { DEEPEST_BODY, PublishedBatch, RecordBodies, isTooDeep } from '@tickhub/plugin-sdk/host';
import type { PublishedRecord, RecordBatch, RecordStream, StreamRecord } from '@tickhub/plugin-sdk/host';
import type { Spool } from '../delivery/spool.ts';
import type { SymbolGate } from '../entitlement/symbol-gate.ts';
import { StreamError } from './errors.ts';
import { RecordKeys } from './record-keys.ts';
import type { KeyChange } from './record-keys.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** Reads a JSON body from a plugin's channel and holds it against a schema. */
export function parseJsonFrame<T>(body: Uint8Array, schema: { parse(value: unknown): T }, what: string): T {
  try {
    return schema.parse(JSON.parse(decoder.decode(body)));
  } catch (error) {
    throw new StreamError('BAD_FRAME', `a ${what} frame does not fit its schema: ${(error as Error).message}`);
  }
}

/** Whether a plugin may publish under this source name: its own id, or `<id>:<anything>`. */
export function ownsSource(plugin: string, source: string): boolean {
  return source === plugin || source.startsWith(`${plugin}:`);
}

export function foreignSource(plugin: string, source: string): StreamError {
  return new StreamError('UNKNOWN_SOURCE', `"${source}" is not a source of ${plugin}: name it "${plugin}" or "${plugin}:<name>"`);
}

/** What became of records, counted since the host started. */
export interface RecordCounters {
  readonly taken: number;
  readonly duplicate: number;
  readonly heldBack: number;
  /** Not wanted by the user's preferences. */
  readonly unwanted: number;
}

/** Whether the user wants a record at all. */
export type WantsRecord = (stream: RecordStream, source: string, record: PublishedRecord) => boolean;

type RecordSpool = Pick<Spool, 'recordPositions' | 'recordKeys' | 'appendRecords'>;

/** Takes records (news, analysis, custom and so on) into the tenant: dedupe by key and content, gate by symbol, number, spool. */
export class RecordIntake {
  readonly #positions: Map<string, number>;
  readonly #keys: RecordKeys;
  readonly #gate: SymbolGate;
  readonly #spool: RecordSpool;
  readonly #wants: WantsRecord;
  readonly #now: () => number;
  readonly #accepted: (plugin: string, batch: RecordBatch) => void;
  #counters: RecordCounters = { taken: 0, duplicate: 0, heldBack: 0, unwanted: 0 };

  /**
   * @param accepted called with what was taken of each batch.
   * @param options.now wall clock, Unix epoch milliseconds.
   */
  constructor(
    gate: SymbolGate,
    spool: RecordSpool,
    accepted: (plugin: string, batch: RecordBatch) => void,
    { wants = () => true, now = Date.now }: { readonly wants?: WantsRecord; readonly now?: () => number } = {},
  ) {
    this.#gate = gate;
    this.#wants = wants;
    this.#spool = spool;
    this.#accepted = accepted;
    this.#now = now;
    this.#positions = new Map(spool.recordPositions());
    this.#keys = new RecordKeys(spool.recordKeys());
  }

  get counters(): RecordCounters {
    return this.#counters;
  }

  /** @throws {StreamError} when the body is no record batch, or the source is another plugin's; nothing of it is taken then. */
  take(plugin: string, body: Uint8Array): void {
    const { stream, source, records } = parseJsonFrame(body, PublishedBatch, 'records');
    if (!ownsSource(plugin, source)) throw foreignSource(plugin, source);
    for (const record of records) checkBody(stream, record);
    const key = `${plugin}/${stream}`;
    const receivedAt = this.#now();
    const changes: KeyChange[] = [];
    const passed: StreamRecord[] = [];
    let seq = this.#positions.get(key) ?? 0;
    let heldBack = 0;
    let unwanted = 0;
    for (const record of records) {
      if (!this.#wants(stream, source, record)) {
        unwanted++;
        continue;
      }
      // What is held back may pass when it comes again, on another tier: its key is not taken.
      if (record.symbol !== undefined && !this.#passes(record.symbol)) {
        heldBack++;
        continue;
      }
      const change = record.key === undefined ? undefined : this.#keys.take(key, { ...record, key: record.key });
      if (change === null) continue;
      if (change !== undefined) changes.push(change);
      passed.push({ ...record, seq: ++seq, receivedAt, ...(change && change.revision > 0 && { revision: change.revision }) });
    }
    const out: RecordBatch = { stream, source, records: passed };
    if (passed.length > 0) this.#append(plugin, key, out, seq, changes);
    const { counters } = this;
    this.#counters = {
      taken: counters.taken + passed.length,
      duplicate: counters.duplicate + records.length - unwanted - heldBack - passed.length,
      heldBack: counters.heldBack + heldBack,
      unwanted: counters.unwanted + unwanted,
    };
    if (passed.length > 0) this.#accepted(plugin, out);
  }

  #append(plugin: string, key: string, out: RecordBatch, lastSeq: number, changes: readonly KeyChange[]): void {
    const marks = [...changes.map(({ mark }) => mark), ...this.#keys.trim(key)];
    try {
      this.#spool.appendRecords(out.stream, plugin, encoder.encode(JSON.stringify(out)), out.records.length, lastSeq, marks);
    } catch (error) {
      // What the spool refuses has to be taken when it comes again.
      this.#keys.undo(changes);
      throw error;
    }
    this.#positions.set(key, lastSeq);
  }

  /** A symbol that no source of ticks announced takes no place in the tier's count. */
  #passes(symbol: string): boolean {
    return this.#gate.isAllowed(symbol) || !this.#gate.isAnnounced(symbol);
  }
}

/** @throws {StreamError} BAD_FRAME: the SDK checks a body before it sends it, so this isolate does not run the SDK's code. */
function checkBody(stream: RecordStream, { body }: PublishedRecord): void {
  if (isTooDeep(body)) throw new StreamError('BAD_FRAME', `a ${stream} record: body: more than ${DEEPEST_BODY} deep`);
  const fits = RecordBodies[stream].safeParse(body);
  if (fits.success) return;
  const [issue] = fits.error.issues;
  throw new StreamError('BAD_FRAME', `a ${stream} record: ${['body', ...(issue?.path ?? [])].join('.')}: ${issue?.message}`);
}
