/** `npm run docs -w plugins/news`: writes the table of public feeds into README.md, and their hosts into plugin.json. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PUBLIC_FEEDS } from '../src/public-feeds.ts';

const BEGIN = '<!-- feeds:begin -->';
const END = '<!-- feeds:end -->';

export const README = fileURLToPath(new URL('../README.md', import.meta.url));
export const MANIFEST = fileURLToPath(new URL('../plugin.json', import.meta.url));

/** The README with the table of the list in it. */
export function withTable(readme: string): string {
  const rows = PUBLIC_FEEDS.map(({ name, title, url, everyMs, enabled, needsContact, terms }) => {
    const on = needsContact === true ? `${enabled ? 'on' : 'off'}, needs \`contact\`` : enabled ? 'on' : 'off';
    return `| \`${name}\` | [${title}](${url}) | ${everyMs / 60_000} min | ${on} | ${terms} |`;
  });
  const table = ['| name | feed | asked each | | terms |', '|---|---|---|---|---|', ...rows, ''].join('\n');
  return `${readme.slice(0, readme.indexOf(BEGIN) + BEGIN.length)}\n${table}${readme.slice(readme.indexOf(END))}`;
}

/** The hosts that the manifest has to name. */
export const hosts = (): string[] => [...new Set(PUBLIC_FEEDS.map(({ url }) => new URL(url).host))].sort();

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(README, withTable(readFileSync(README, 'utf8')));
  const manifest = JSON.parse(readFileSync(MANIFEST, 'utf8')) as { permissions: object };
  writeFileSync(MANIFEST, `${JSON.stringify({ ...manifest, permissions: { ...manifest.permissions, hosts: hosts() } }, null, 2)}\n`);
}
