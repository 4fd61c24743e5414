import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { PUBLIC_FEEDS } from '../src/public-feeds.ts';
import { isZone } from '@tickhub/plugin-sdk/time';
import { hosts, MANIFEST, README, withTable } from './feed-table.ts';

it('README and plugin.json have what the list of public feeds has', () => {
  const readme = readFileSync(README, 'utf8').replaceAll('\r\n', '\n');
  expect(readme, 'run `npm run docs -w plugins/news`').toBe(withTable(readme));
  const { permissions } = JSON.parse(readFileSync(MANIFEST, 'utf8')) as { permissions: { hosts: string[] } };
  expect(permissions.hosts).toEqual(hosts());
});

it('the list is of feeds with a name of their own, over TLS, in a zone that exists', () => {
  expect(new Set(PUBLIC_FEEDS.map(({ name }) => name)).size).toBe(PUBLIC_FEEDS.length);
  for (const { url, zone, terms } of PUBLIC_FEEDS) {
    expect(new URL(url).protocol).toBe('https:');
    expect(isZone(zone)).toBe(true);
    expect(terms).not.toBe('');
  }
});
