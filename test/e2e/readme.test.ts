import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigSchema } from '../../host/src/config/schema.ts';
import { root } from '../../scripts/node-runtime.mjs';
import { HostProcess } from '../system/host-process.ts';
import { scratchDir } from '../system/market.ts';

const PAGES = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md'];

function blocks(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map((match) => match[1] as string);
}

/** Drops a plugin of the README into a running host, with an exchange of the test's in place of example.com, and waits for BTCUSD to flow. */
async function flows(id: string, quotes: object, files: Readonly<Record<string, string>>): Promise<void> {
  const exchange = createServer((_request, response) => response.end(JSON.stringify(quotes)));
  await new Promise<void>((resolve) => exchange.listen(0, '127.0.0.1', resolve));
  // A listening TCP server's address is an AddressInfo.
  const address = `127.0.0.1:${(exchange.address() as AddressInfo).port}`;
  const dir = await scratchDir('readme');
  const folder = path.join(dir, 'plugins', id);
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    await writeFile(
      path.join(folder, name),
      text.replace('https://api.example.com', `http://${address}`).replace('api.example.com', address),
    );
  }
  const host = HostProcess.start({ dataDir: dir, set: ['plugins.mt5.port=0'] });
  try {
    const status = await host.statusWhen('the feed to flow', ({ symbols }) =>
      symbols.some(({ symbol, taken }) => symbol === 'BTCUSD' && taken > 0),
    );
    expect(status.plugins.find((plugin) => plugin.id === id)?.state).toBe('running');
  } finally {
    await host.stop();
    exchange.close();
  }
}

describe('the README', () => {
  it('shows a feed that runs as it stands, but for the address', async () => {
    const readme = await readFile(path.join(root, 'README.md'), 'utf8');
    const manifest = blocks(readme, 'json').find((block) => block.includes('"entry"')) as string;
    const feed = blocks(readme, 'ts').find((block) => block.includes('definePlugin')) as string;
    expect(feed.trimEnd().split('\n').length).toBeLessThanOrEqual(20);

    await flows('my-feed', { time: Date.now(), bid: 100, ask: 101 }, { 'feed.ts': feed, 'plugin.json': manifest });
  });

  it('shows a feed of one file that runs as it stands, but for the address', async () => {
    const readme = await readFile(path.join(root, 'README.md'), 'utf8');
    const manifest = blocks(readme, 'json').find((block) => block.includes('"feed"')) as string;
    const quotes = [{ base: 'BTC', quote: 'USD', time: Date.now(), bid: '100.5', ask: 101 }];
    await flows('my-rates', { tickers: quotes }, { 'plugin.json': manifest });
  });

  it('shows a config that the host takes', async () => {
    const config = blocks(await readFile(path.join(root, 'README.md'), 'utf8'), 'json').find((block) =>
      block.includes('"backend"'),
    ) as string;
    expect(ConfigSchema.safeParse(JSON.parse(config)).error).toBeUndefined();
  });

  it.each(PAGES)('%s links to nothing that is not there', async (page) => {
    const text = await readFile(path.join(root, page), 'utf8');
    const targets = [...text.matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)].map((match) => match[1] as string);
    expect(targets.filter((target) => !existsSync(path.resolve(root, path.dirname(page), target)))).toEqual([]);
  });
});
