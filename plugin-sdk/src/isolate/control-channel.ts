import { HostMessage } from '../protocol/control.ts';
import type { IsolateMessage } from '../protocol/control.ts';
import { PluginFault } from '../run/fault.ts';

/** So many log lines may wait for the host; what a plugin says beyond that is counted instead. */
const MOST_WAITING_LOGS = 1_000;
const MAX_LOG_CHARACTERS = 16_384;

export type LogLevel = Extract<IsolateMessage, { type: 'log' }>['level'];

/** The isolate's end of the IPC channel: typed messages out, checked messages in. */
export class ControlChannel {
  readonly #send: NonNullable<NodeJS.Process['send']>;
  #waitingLogs = 0;
  #droppedLogs = 0;

  /** @throws {PluginFault} NO_HOST when the process was not started by a host. */
  constructor(process: NodeJS.Process) {
    if (process.send === undefined) {
      throw new PluginFault(
        'NO_HOST',
        'this is what Tickhub runs a plugin in; it is started by the host, not by hand. To try a plugin, use @tickhub/plugin-sdk/testing',
      );
    }
    this.#send = process.send.bind(process);
    // Libraries that find it take the process for a worker of theirs and send messages that are not of this protocol.
    delete process.send;
  }

  /** Throws when the message cannot be cloned. */
  send(message: IsolateMessage): void {
    this.#send(message, undefined, undefined, ignore);
  }

  /** Resolves when the message has left the process, or cannot. */
  sendLast(message: IsolateMessage): Promise<void> {
    return new Promise((resolve) => this.#send(message, undefined, undefined, () => resolve()));
  }

  log(level: LogLevel, message: string, fields?: Record<string, unknown>): void {
    if (this.#waitingLogs >= MOST_WAITING_LOGS) {
      this.#droppedLogs++;
      return;
    }
    if (this.#droppedLogs > 0) {
      const dropped = this.#droppedLogs;
      this.#droppedLogs = 0;
      this.#sendLog('warn', `${dropped} log lines were dropped: they came faster than the host takes them`);
    }
    const text = String(message);
    this.#sendLog(level, text.length > MAX_LOG_CHARACTERS ? `${text.slice(0, MAX_LOG_CHARACTERS)}…` : text, fields);
  }

  /** @param onViolation called with what does not fit the protocol. */
  listen(process: NodeJS.Process, onMessage: (message: HostMessage) => void, onViolation: (error: PluginFault) => void): void {
    process.on('message', (raw) => {
      const parsed = HostMessage.safeParse(raw);
      if (parsed.success) return onMessage(parsed.data);
      const [issue] = parsed.error.issues;
      onViolation(
        new PluginFault('CONTROL_PROTOCOL', `a message of the host does not fit: ${issue?.path.join('.') || 'message'}: ${issue?.message}`),
      );
    });
  }

  #sendLog(level: LogLevel, message: string, fields?: Record<string, unknown>): void {
    const done = (): void => {
      this.#waitingLogs--;
    };
    this.#waitingLogs++;
    const line = { type: 'log', level, message } as const;
    try {
      this.#send(fields === undefined ? line : { ...line, fields }, undefined, undefined, done);
    } catch {
      // A field that cannot be cloned is told as what it looks like.
      this.#send({ ...line, fields: inWords(fields ?? {}) }, undefined, undefined, done);
    }
  }
}

function ignore(): void {}

function inWords(fields: Record<string, unknown>): Record<string, string> {
  const { inspect } = process.getBuiltinModule('node:util');
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, inspect(value, { depth: 2, maxStringLength: 1_000 })]));
}
