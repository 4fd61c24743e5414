import type { ChildProcess } from 'node:child_process';
import { IsolateMessage } from '@tickhub/plugin-sdk/host';
import type { HostMessage } from '@tickhub/plugin-sdk/host';
import { PluginError } from '../errors.ts';

/** The host's end of the IPC channel: typed messages out, checked messages in. */
export class ControlChannel {
  readonly #child: ChildProcess;

  /** @param onViolation called when the isolate sent what is not of the protocol. */
  constructor(child: ChildProcess, onMessage: (message: IsolateMessage) => void, onViolation: (error: PluginError) => void) {
    this.#child = child;
    guard(child, onViolation);
    child.on('message', (raw) => {
      const parsed = IsolateMessage.safeParse(raw);
      if (parsed.success) return onMessage(parsed.data);
      const [issue] = parsed.error.issues;
      onViolation(
        new PluginError('PLUGIN_PROTOCOL', `malformed control message: ${issue?.path.join('.') || 'message'}: ${issue?.message}`),
      );
    });
  }

  /** A message to an isolate that is gone goes nowhere; its end is told elsewhere. Throws when the message cannot be cloned. */
  send(message: HostMessage): void {
    if (this.#child.connected) this.#child.send(message, undefined, undefined, () => undefined);
  }
}

/**
 * Keeps bytes that are not messages from ending the host. Node (measured: 26.10) throws out of its own read callback when a message cannot be
 * deserialized, and asserts when a child speaks Node's internal handle-passing protocol; neither can be caught from outside, and a plugin can
 * bring about both with one write to its IPC descriptor. No handles are passed here, so the listeners for them go; the read callback is wrapped.
 */
function guard(child: ChildProcess, onViolation: (error: PluginError) => void): void {
  child.removeAllListeners('internalMessage');
  const symbol = Object.getOwnPropertySymbols(child).find(({ description }) => description === 'kChannelHandle');
  const handle: unknown = symbol === undefined ? undefined : Reflect.get(child, symbol);
  if (!isChannelHandle(handle)) return;
  const read = handle.onread;
  handle.onread = function guarded(this: unknown, ...args: unknown[]): unknown {
    try {
      return read.apply(this, args);
    } catch (error) {
      onViolation(new PluginError('PLUGIN_PROTOCOL', `unreadable control message: ${(error as Error).message}`));
      return undefined;
    }
  };
}

interface ChannelHandle {
  onread: (...args: unknown[]) => unknown;
}

function isChannelHandle(value: unknown): value is ChannelHandle {
  return typeof value === 'object' && value !== null && 'onread' in value && typeof value.onread === 'function';
}
