import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * Vitest's global setup: what tests leave in the system's folder for temporary files goes with the run. The name is short, as the paths of Unix sockets may have no more than 107 characters.
 * The processes that tests start share what Node has compiled, which is most of what such a start costs.
 */
export default function setup(): () => void {
  const folder = mkdtempSync(path.join(tmpdir(), 'th-'));
  for (const name of ['TMPDIR', 'TEMP', 'TMP']) process.env[name] = folder;
  process.env['NODE_COMPILE_CACHE'] = path.join(folder, 'compiled');
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}
