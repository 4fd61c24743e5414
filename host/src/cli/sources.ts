import { fetchStatus } from '../control/control-client.ts';
import type { Arguments } from './arguments.ts';
import { printable } from './printable.ts';
import { sourceTable } from './source-table.ts';

const WATCH_MS = 1_000;

/** `tickhub sources`: how each source of a running host is; with --watch again each second. */
export async function sourcesCommand(args: Arguments, print: (text: string) => void): Promise<number> {
  for (;;) {
    const { sources } = await fetchStatus(args.dataDir);
    if (args.json) print(JSON.stringify(sources, null, args.watch ? 0 : 2));
    else print(sources.length === 0 ? 'No sources yet.' : sourceTable(sources, Date.now()).map(printable).join('\n'));
    if (!args.watch) return 0;
    await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
    if (!args.json) print('');
  }
}
