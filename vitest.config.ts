import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const sdk = (file: string): string => fileURLToPath(new URL(`./plugin-sdk/src/${file}`, import.meta.url));

const TESTS = ['{host,plugin-sdk,plugins,test,tools,scripts,bench}/**/*.test.ts'];
const NEVER = ['**/node_modules/**', '**/dist/**'];
/** Whole processes, most of the time at wait for a clock: several files at once are still no work for two cores. */
const WAITING = ['test/e2e/{economic-calendar,news,sleep,social}.test.ts', 'plugins/mt5/test/dwx.test.ts'];
/** Files whose worker is theirs alone: those that start processes or keep a whole one busy, and one that replaces a module of Node's. */
const ALONE = [
  'test/{counterparts,e2e,history}/**/*.test.ts',
  'plugin-sdk/test/{isolate,push-cost,readme}.test.ts',
  'plugins/mt5/test/{dwx,harness,real-ea}.test.ts',
  'plugins/news/test/hostile.test.ts',
  'plugins/websocket/test/{bad-backends,delivery,gateway,process,storm}.test.ts',
  'host/src/{host-options,cli/stop}.test.ts',
  'host/src/plugins/{crash,orphan,own-model,plugin-host,reload,storm}.test.ts',
  'host/src/delivery/{crash,disk-full,failing-disk,online-salvage,open-spool}.test.ts',
  'host/src/{history,history-files}/*.test.ts',
  'tools/evaluate/small.test.ts',
];

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
    globalSetup: ['test/system/run-folder.ts'],
    setupFiles: ['reflect-metadata'],
    // Real processes on two shared cores: a test that fails is tried once more on CI, and shown as retried. A fault fails twice.
    retry: process.env['CI'] === undefined ? 0 : 1,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // Two cores: a file that starts processes keeps more than one busy, and a third at once made tests of what happens under load fail.
    maxWorkers: 2,
    // One project after the other, the many short files last, so that both workers end together.
    projects: [
      { extends: true, test: { name: 'waiting', include: WAITING, exclude: NEVER, maxWorkers: 4, sequence: { groupOrder: 0 } } },
      { extends: true, test: { name: 'alone', include: ALONE, exclude: [...NEVER, ...WAITING], sequence: { groupOrder: 1 } } },
      // These leave nothing behind, so a worker takes one after the other: to start one and load everything anew takes longer than most of them.
      {
        extends: true,
        test: { name: 'shared', include: TESTS, exclude: [...NEVER, ...WAITING, ...ALONE], isolate: false, sequence: { groupOrder: 2 } },
      },
    ],
  },
});
