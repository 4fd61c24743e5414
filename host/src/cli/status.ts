import { fetchStatus } from '../control/control-client.ts';
import type { Arguments } from './arguments.ts';
import { statusText } from './status-text.ts';

const WATCH_MS = 1_000;

/** `tickhub status`: one picture, or with --watch one each second. */
export async function statusCommand(args: Arguments, print: (text: string) => void): Promise<number> {
  for (;;) {
    const status = await fetchStatus(args.dataDir);
    print(args.json ? JSON.stringify(status, null, args.watch ? 0 : 2) : statusText(status).join('\n'));
    if (!args.watch) return 0;
    await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
    if (!args.json) print('');
  }
}
