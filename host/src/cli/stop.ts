import { readControlFile } from '../control/control-file.ts';
import { requestStop } from '../control/control-client.ts';
import type { Arguments } from './arguments.ts';

/** Draining and acknowledging take their time; after this something is wrong. */
const WAIT_MS = 30_000;

/** `tickhub stop`: asks the host to drain, and waits until it has. */
export async function stopCommand(args: Arguments, print: (text: string) => void): Promise<number> {
  await requestStop(args.dataDir);
  const until = Date.now() + WAIT_MS;
  while ((await readControlFile(args.dataDir)) !== null) {
    if (Date.now() > until) {
      print('The host has not ended yet; see its log.');
      return 1;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  print('The host has drained and ended.');
  return 0;
}
