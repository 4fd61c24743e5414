import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

const peer = (name: string): string => path.join(import.meta.dirname, 'peers', name);

/** Ticks a second of a sender that sends one JSON message per tick over `ws`, to a receiver in another process. Not durable, not acknowledged. */
export async function jsonPerTick(ticks: number): Promise<number> {
  const receiver = fork(peer('json-receiver.ts'), [String(ticks)]);
  const [{ port }] = (await once(receiver, 'message')) as [{ port: number }];
  const sender = fork(peer('json-sender.ts'), [`ws://127.0.0.1:${port}`, String(ticks)]);
  await once(sender, 'message');
  const started = performance.now();
  await once(receiver, 'message');
  const seconds = (performance.now() - started) / 1_000;
  sender.kill();
  receiver.kill();
  return ticks / seconds;
}
