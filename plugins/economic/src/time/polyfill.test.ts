import { expect, it, vi } from 'vitest';

// Node 24 has no Temporal of its own: the same expectations, of the implementation that the plugin brings along.
vi.mock('./temporal.ts', () => import('temporal-polyfill/implementation'));

const { Temporal } = await import('./temporal.ts');
await import('./zone.test.ts');
await import('./written-time.test.ts');

it('is not the one of the runtime', () => {
  expect(Temporal).not.toBe((globalThis as { Temporal?: unknown }).Temporal);
});
