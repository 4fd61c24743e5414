import { open, stat } from 'node:fs/promises';

export type DamageKind = 'bits flipped' | 'a page of zeros' | 'a page of noise' | 'cut off';
export const DAMAGE_KINDS: readonly DamageKind[] = ['bits flipped', 'a page of zeros', 'a page of noise', 'cut off'];

const PAGE = 4_096;

/** Damages a file at a random place, as a bad disk does. @returns where, in words. */
export async function damage(file: string, kind: DamageKind, random: () => number): Promise<string> {
  const { size } = await stat(file);
  const handle = await open(file, 'r+');
  try {
    const at = Math.floor(random() * size);
    switch (kind) {
      case 'bits flipped': {
        const { buffer } = await handle.read(Buffer.alloc(16), 0, 16, at);
        for (let i = 0; i < buffer.length; i++) buffer[i] = (buffer[i] as number) ^ (1 << Math.floor(random() * 8));
        await handle.write(buffer, 0, Math.min(16, size - at), at);
        return `${kind} at ${at} of ${size}`;
      }
      case 'cut off':
        await handle.truncate(at);
        return `${kind} at ${at} of ${size}`;
      case 'a page of zeros':
      case 'a page of noise': {
        const page = Math.floor(at / PAGE) * PAGE;
        const bytes = Buffer.from(Array.from({ length: PAGE }, () => (kind === 'a page of zeros' ? 0 : Math.floor(random() * 256))));
        await handle.write(bytes, 0, Math.min(PAGE, size - page), page);
        return `${kind} at ${page} of ${size}`;
      }
    }
  } finally {
    await handle.close();
  }
}
