import { PublishedRecord, RecordStream } from '../../protocol/records.ts';
import { DEEPEST_BODY, RecordBodies, isTooDeep } from '../../records/bodies.ts';
import { PluginFault, describe } from '../fault.ts';

/** The most one record may take as JSON. */
const MAX_RECORD_BYTES = 1_048_576;
/** A larger record has a frame to itself. The host checks, hashes and numbers a frame in one go, some 20 us a record, in which no tick passes. */
const MAX_FRAME_BYTES = 131_072;
const MAX_FRAME_RECORDS = 256;

const encoder = new TextEncoder();
const RecordHead = PublishedRecord.omit({ body: true });

/** A record, and the name of its source where that is not the plugin's. */
export interface RecordInput extends PublishedRecord {
  source?: string | undefined;
}

interface OpenBatch {
  readonly stream: RecordStream;
  readonly source: string;
  json: string[];
  bytes: number;
}

/** Collects the records of a plugin, as JSON, per stream and source. */
export class RecordOutbox {
  readonly #source: string;
  readonly #send: (body: Uint8Array) => void;
  readonly #open = new Map<string, OpenBatch>();
  #bytes = 0;

  /**
   * @param source the name of records that give none.
   * @param send takes the body of a `records` frame.
   */
  constructor(source: string, send: (body: Uint8Array) => void) {
    this.#source = source;
    this.#send = send;
  }

  /** Bytes that are collected and not sent. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @throws {PluginFault} RECORD_INVALID, RECORD_TOO_LARGE */
  add(stream: RecordStream, record: RecordInput): void {
    const json = encode(stream, record);
    const open = this.#batch(stream, record.source ?? this.#source);
    const bytes = encoder.encode(json).byteLength;
    if (bytes > MAX_RECORD_BYTES) {
      throw new PluginFault(
        'RECORD_TOO_LARGE',
        `a ${stream} record of ${bytes} bytes is over the limit of ${MAX_RECORD_BYTES}; leave out what is not needed`,
      );
    }
    if (open.json.length === MAX_FRAME_RECORDS || open.bytes + bytes > MAX_FRAME_BYTES) this.#flushOne(open);
    open.json.push(json);
    open.bytes += bytes;
    this.#bytes += bytes;
  }

  flush(): void {
    if (this.#bytes === 0) return;
    for (const open of this.#open.values()) this.#flushOne(open);
  }

  #batch(stream: RecordStream, source: string): OpenBatch {
    const key = `${stream}/${source}`;
    let open = this.#open.get(key);
    if (open === undefined) {
      open = { stream, source, json: [], bytes: 0 };
      this.#open.set(key, open);
    }
    return open;
  }

  #flushOne(open: OpenBatch): void {
    if (open.json.length === 0) return;
    const { stream, source, json } = open;
    const body = encoder.encode(`{"stream":"${stream}","source":${JSON.stringify(source)},"records":[${json.join(',')}]}`);
    this.#bytes -= open.bytes;
    open.json = [];
    open.bytes = 0;
    this.#send(body);
  }
}

/** The record as JSON. */
function encode(stream: RecordStream, record: RecordInput): string {
  const fail = (what: string): never => {
    throw new PluginFault('RECORD_INVALID', `a record of "${String(stream)}": ${what}`);
  };
  if (!RecordStream.safeParse(stream).success) fail(`there is no such stream; there are ${RecordStream.options.join(', ')}`);
  const head = RecordHead.safeParse(record);
  if (!head.success) {
    const [issue] = head.error.issues;
    return fail(`${issue?.path.join('.') || 'record'}: ${issue?.message}`);
  }
  const fits = RecordBodies[stream].safeParse(record.body);
  if (!fits.success) {
    const [issue] = fits.error.issues;
    return fail(`${['body', ...(issue?.path ?? [])].join('.')}: ${issue?.message}`);
  }
  if (isTooDeep(record.body)) return fail(`body: has objects and lists more than ${DEEPEST_BODY} deep within each other`);
  let body: string | undefined;
  try {
    body = JSON.stringify(record.body);
  } catch (error) {
    return fail(`body is not JSON: ${(error as Error).message}`);
  }
  if (!body?.startsWith('{')) return fail(`body: expected an object, received ${describe(record.body)}`);
  return `${JSON.stringify(head.data).slice(0, -1)},"body":${body}}`;
}
