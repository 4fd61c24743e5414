import { expect, it } from 'vitest';
import { harness, make } from './social.fixture.ts';

it('does nothing, and says so, without a network', async () => {
  make({});
  await harness.start();
  expect(harness.status()).toMatchObject({ status: 'degraded', detail: 'no network is configured' });
});

it.each([
  [{ reddit: { user: 'x y', subreddits: ['a'] } }, /reddit\.user/],
  [{ reddit: { user: 'my_name', subreddits: ['Forex'], clientId: 'the-secret-itself' } }, /clientId.*reference/],
  [{ windowMinutes: [7] }, /windowMinutes.*divide a day/],
  [{ bluesky: { url: 'http://x' } }, /bluesky\.url/],
  [{ blueskey: {} }, /blueskey/],
])('refuses the config %j by name', async (config, message) => {
  make(config);
  await expect(harness.start()).rejects.toThrow(message);
});
