import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '../storage/write-file-atomic.ts';

/** How to reach a running host: written by it, mode 0600, gone when it stops. */
const ControlFile = z.object({ port: z.number().int(), token: z.string(), pid: z.number().int() });
export type ControlFile = z.infer<typeof ControlFile>;

function fileIn(dataDir: string): string {
  return path.join(dataDir, 'control.json');
}

export async function writeControlFile(dataDir: string, content: ControlFile): Promise<void> {
  await writeFileAtomic(fileIn(dataDir), `${JSON.stringify(content)}\n`);
}

export async function removeControlFile(dataDir: string): Promise<void> {
  await rm(fileIn(dataDir), { force: true });
}

/** Null when no host has left one there. */
export async function readControlFile(dataDir: string): Promise<ControlFile | null> {
  const text = await readFile(fileIn(dataDir), 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    return ControlFile.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
