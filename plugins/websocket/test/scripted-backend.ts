/** A backend that does what a test tells it to: late, repeated, foreign and invented acks, silence, closes. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { ServerOptions, WebSocket } from 'ws';
import { eachBinaryFrame } from '../src/wire/binary-message.ts';

interface Envelope {
  user_id: string;
  data_type: string;
  payload: Record<string, unknown>;
}

export class ScriptedBackend {
  readonly server: WebSocketServer;
  readonly hellos: Record<string, unknown>[] = [];
  readonly headers: Record<string, unknown>[] = [];
  /** Seqs as they came, over all connections. */
  readonly seqs: number[] = [];
  readonly holes: [number, number][] = [];
  readonly envelopes: Envelope[] = [];
  socket: WebSocket | null = null;
  /** What `resume` answers; null answers nothing. */
  lastSeq: number | null = 0;
  onFrame: (seq: number) => void = () => undefined;
  messages = 0;

  static async start(options: ServerOptions = {}): Promise<ScriptedBackend> {
    const backend = new ScriptedBackend(options);
    await once(backend.server, 'listening');
    return backend;
  }

  private constructor(options: ServerOptions) {
    this.server = new WebSocketServer({ host: '127.0.0.1', port: 0, ...options });
    this.server.on('connection', (socket, request) => {
      this.socket = socket;
      this.headers.push({ ...request.headers });
      socket.on('error', () => undefined);
      socket.on('message', (data, isBinary) => this.#onMessage(data as Buffer, isBinary));
    });
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.server.address() as AddressInfo).port}/ws/client/trader`;
  }

  send(dataType: string, payload: unknown, user = 'trader'): void {
    this.socket?.send(JSON.stringify({ user_id: user, timestamp: new Date(0).toISOString(), data_type: dataType, payload }));
  }

  ack(seq: number, epoch = 'epoch-1', user = 'trader'): void {
    this.send('ack', { epoch, seq }, user);
  }

  async close(): Promise<void> {
    for (const client of this.server.clients) client.terminate();
    this.server.close();
    await once(this.server, 'close');
  }

  #onMessage(data: Buffer, binary: boolean): void {
    this.messages++;
    if (binary) {
      eachBinaryFrame(data, (seq) => this.#take(seq));
      return;
    }
    for (const envelope of [JSON.parse(data.toString()) as Envelope | Envelope[]].flat()) {
      this.envelopes.push(envelope);
      const { data_type: type, payload } = envelope;
      if (type === 'hello') {
        this.hellos.push(payload);
        if (this.lastSeq !== null) this.send('resume', { epoch: payload['epoch'], last_seq: this.lastSeq });
      } else if (type === 'hole') this.holes.push([Number(payload['from_seq']), Number(payload['to_seq'])]);
      else if (typeof payload['seq'] === 'number') this.#take(payload['seq']);
    }
  }

  #take(seq: number): void {
    this.seqs.push(seq);
    this.onFrame(seq);
  }
}
