import { setTimeout as delay } from 'node:timers/promises';
import { requestStop } from '../control/control-client.ts';
import { holderOf } from '../storage/data-dir-lock.ts';
import type { Arguments } from './arguments.ts';

/** Draining and acknowledging take their time; after this something is wrong. */
const WAIT_MS = 30_000;
const LOOK_AGAIN_MS = 20;

/**
 * `tickhub stop`: asks the host to drain, and waits until it has let go of its data folder, so that another may start there.
 * @returns the exit code: 1 when the host had not ended in time.
 */
export async function stopCommand(args: Arguments, print: (text: string) => void, waitMs = WAIT_MS): Promise<number> {
  await requestStop(args.dataDir);
  const until = performance.now() + waitMs;
  while ((await holderOf(args.dataDir)) !== null) {
    if (performance.now() > until) {
      print('The host has not ended yet; see its log.');
      return 1;
    }
    await delay(LOOK_AGAIN_MS);
  }
  print('The host has drained and ended.');
  return 0;
}
