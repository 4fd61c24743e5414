import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const sdk = (file: string): string => fileURLToPath(new URL(`./plugin-sdk/src/${file}`, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^@tickhub\/plugin-sdk$/, replacement: sdk('index.ts') },
      { find: /^@tickhub\/plugin-sdk\/testing$/, replacement: sdk('testing/index.ts') },
      { find: /^@tickhub\/plugin-sdk\/files$/, replacement: sdk('files/index.ts') },
      { find: /^@tickhub\/plugin-sdk\/documents$/, replacement: sdk('documents/index.ts') },
      { find: /^@tickhub\/plugin-sdk\/markets$/, replacement: sdk('markets/index.ts') },
      { find: /^@tickhub\/plugin-sdk\/agents$/, replacement: sdk('agents/index.ts') },
      { find: /^@tickhub\/plugin-sdk\/features$/, replacement: sdk('features/index.ts') },
      { find: /^@tickhub\/plugin-sdk\/time$/, replacement: sdk('time/index.ts') },
      { find: /^@tickhub\/plugin-sdk\/host$/, replacement: sdk('host.ts') },
    ],
  },
  test: {
    include: ['{host,plugin-sdk,plugins,test,tools,scripts,bench}/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    globalSetup: ['test/system/run-folder.ts'],
    setupFiles: ['reflect-metadata'],
    // Real processes on two shared cores: a test that fails is tried once more on CI, and shown as retried. A fault fails twice.
    retry: process.env['CI'] === undefined ? 0 : 1,
    // They end what stands still, and are no measure: a test on a machine ten times slower passes too.
    testTimeout: 90_000,
    hookTimeout: 90_000,
    // Two cores: end-to-end tests start processes of their own, so two files at once fill the machine.
    maxWorkers: 2,
  },
});
