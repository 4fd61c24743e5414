import { RecordStream, StreamRecord } from '../../protocol/records.ts';
import { PluginFault, describe } from '../fault.ts';

/** The most one record may take as JSON. A frame holds about as much again. */
const MAX_RECORD_BYTES = 1_048_576;
const MAX_FRAME_BYTES = 1_048_576;
const MAX_FRAME_RECORDS = 10_000;

const encoder = new TextEncoder();
const RecordHead = StreamRecord.omit({ seq: true, body: true });

export interface RecordInput {
  time: number;
  symbol?: string;
  body: Record<string, unknown>;
}

interface OpenBatch {
  next: number;
  json: string[];
  bytes: number;
}

/** Numbers the records of a plugin and collects them, as JSON, per stream. */
export class RecordOutbox {
  readonly #source: string;
  readonly #positions: Readonly<Record<string, number>>;
  readonly #send: (body: Uint8Array) => void;
  readonly #open = new Map<RecordStream, OpenBatch>();
  #bytes = 0;

  /**
   * @param positions stream -> last durable number.
   * @param send takes the body of a `records` frame.
   */
  constructor(source: string, positions: Readonly<Record<string, number>>, send: (body: Uint8Array) => void) {
    this.#source = source;
    this.#positions = positions;
    this.#send = send;
  }

  /** Bytes that are collected and not sent. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @throws {PluginFault} RECORD_INVALID, RECORD_TOO_LARGE */
  add(stream: RecordStream, record: RecordInput): void {
    const members = encode(stream, record);
    const open = this.#batch(stream);
    const json = `{"seq":${open.next},${members}}`;
    const bytes = encoder.encode(json).byteLength;
    if (bytes > MAX_RECORD_BYTES) {
      throw new PluginFault(
        'RECORD_TOO_LARGE',
        `a ${stream} record of ${bytes} bytes is over the limit of ${MAX_RECORD_BYTES}; leave out what is not needed`,
      );
    }
    if (open.json.length === MAX_FRAME_RECORDS || open.bytes + bytes > MAX_FRAME_BYTES) this.#flushOne(stream, open);
    open.next++;
    open.json.push(json);
    open.bytes += bytes;
    this.#bytes += bytes;
  }

  flush(): void {
    if (this.#bytes === 0) return;
    for (const [stream, open] of this.#open) this.#flushOne(stream, open);
  }

  #batch(stream: RecordStream): OpenBatch {
    let open = this.#open.get(stream);
    if (open === undefined) {
      open = { next: (this.#positions[stream] ?? 0) + 1, json: [], bytes: 0 };
      this.#open.set(stream, open);
    }
    return open;
  }

  #flushOne(stream: RecordStream, open: OpenBatch): void {
    if (open.json.length === 0) return;
    const body = encoder.encode(`{"stream":"${stream}","source":${JSON.stringify(this.#source)},"records":[${open.json.join(',')}]}`);
    this.#bytes -= open.bytes;
    open.json = [];
    open.bytes = 0;
    this.#send(body);
  }
}

/** The members of the record but its number, as JSON without the braces. */
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
  let body: string | undefined;
  try {
    body = JSON.stringify(record.body);
  } catch (error) {
    return fail(`body is not JSON: ${(error as Error).message}`);
  }
  if (!body?.startsWith('{')) return fail(`body: expected an object, received ${describe(record.body)}`);
  return `${JSON.stringify(head.data).slice(1, -1)},"body":${body}`;
}
