/**
 * Waits until `probe` gives something other than null or false. For what another process does and tells nobody; where there is an event, await that.
 * @throws Error naming `what` after `timeoutMs`, with the probe's last error.
 */
export async function until<T>(
  what: string,
  probe: () => Promise<T | null | false> | T | null | false,
  timeoutMs = 45_000,
  everyMs = 10,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let last: unknown = null;
  for (;;) {
    try {
      const value = await probe();
      if (value !== null && value !== false) return value;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`waited ${timeoutMs} ms for ${what}${last === null ? '' : `; last: ${(last as Error).message}`}`);
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
