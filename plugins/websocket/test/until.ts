import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for what no event tells of. */
export async function until(what: string | (() => string), condition: () => boolean | Promise<boolean>, ms = 45_000): Promise<void> {
  const end = performance.now() + ms;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited ${ms} ms in vain for ${typeof what === 'string' ? what : what()}`);
    await sleep(2);
  }
}
