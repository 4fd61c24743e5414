import { rm } from 'node:fs/promises';
import path from 'node:path';
import { writeDurably } from './durable-file.ts';

const LINK_FILE = 'link.json';

/**
 * `link.json` in the plugin's data folder says where terminals find it, for the CLI, tests and people:
 * `{ host, port, tokenFile: string | null, pid }`. It is there while the port is open, and left behind by a kill.
 */
export async function writeLinkFile(dataDir: string, link: { host: string; port: number; tokenFile: string | null }): Promise<void> {
  await writeDurably(path.join(dataDir, LINK_FILE), `${JSON.stringify({ ...link, pid: process.pid }, null, 2)}\n`);
}

export async function removeLinkFile(dataDir: string): Promise<void> {
  await rm(path.join(dataDir, LINK_FILE), { force: true });
}
