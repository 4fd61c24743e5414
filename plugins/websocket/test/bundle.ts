/** Bundles the gateway from source as the build does, so that tests start the real program whatever is in dist/. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { afterAll } from 'vitest';

const source = (file: string): string => fileURLToPath(new URL(`../${file}`, import.meta.url));

export interface GatewayBundle {
  /** Path of the program. */
  readonly program: string;
  readonly ledgerWorker: URL;
}

let bundle: Promise<GatewayBundle> | null = null;
let made: string | null = null;

// For whichever test file imports this one.
afterAll(() => {
  if (made !== null) rmSync(made, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
});

export function gatewayBundle(): Promise<GatewayBundle> {
  return (bundle ??= build());
}

async function build(): Promise<GatewayBundle> {
  const dir = mkdtempSync(path.join(tmpdir(), 'tickhub-gateway-bundle-'));
  made = dir;
  const built = await rolldown({
    input: { gateway: source('src/gateway/main.ts'), 'ledger-worker': source('src/gateway/ledger-worker.ts') },
    platform: 'node',
    external: [/^node:/],
    resolve: {
      alias: {
        '@tickhub/plugin-sdk/agents': source('../../plugin-sdk/src/agents/index.ts'),
        '@tickhub/plugin-sdk': source('../../plugin-sdk/src/index.ts'),
      },
    },
  });
  await built.write({ dir, format: 'esm' });
  writeFileSync(path.join(dir, 'package.json'), '{"type":"module"}');
  return { program: path.join(dir, 'gateway.js'), ledgerWorker: pathToFileURL(path.join(dir, 'ledger-worker.js')) };
}
