/**
 * `npm run docs`: writes the config reference of each bundled plugin into its README, between the two markers, from the schema that the plugin
 * parses its config with and the defaults in its plugin.json. `--check` only compares.
 */
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { z } from 'zod';
import { configFields } from './config-fields.ts';
import type { ConfigField } from './config-fields.ts';
import { root } from './node-runtime.mjs';

const BEGIN = '<!-- config:begin -->';
const END = '<!-- config:end -->';
/** A default that is longer is not a table's business. */
const MAX_DEFAULT = 60;

/** One bundled plugin's README, as it is and as its schema says that it should be. */
export interface Reference {
  readonly readme: string;
  readonly is: string;
  readonly should: string;
  /** Paths of fields that no `.describe()` describes. */
  readonly undescribed: readonly string[];
}

/** The folders of bundled plugins, relative to the repository: what has a plugin.json, and a package.json that says what to bundle. */
export function pluginFolders(): string[] {
  return globSync('plugins/*/plugin.json', { cwd: root })
    .map((file) => path.dirname(file))
    .sort();
}

/** Loads the plugin and renders its reference. Throws where the README has no markers, or the module exports no plugin. */
export async function referenceOf(folder: string): Promise<Reference> {
  const at = path.join(root, folder);
  const { bundle } = JSON.parse(readFileSync(path.join(at, 'package.json'), 'utf8')) as { bundle: { index: string } };
  const { config: defaults = {} } = JSON.parse(readFileSync(path.join(at, 'plugin.json'), 'utf8')) as { config?: Record<string, unknown> };
  const module = (await import(pathToFileURL(path.join(at, bundle.index)).href)) as { default?: { config?: z.ZodType } };
  if (module.default === undefined) throw new Error(`${folder}/${bundle.index} has no default export`);
  const fields =
    module.default.config === undefined
      ? []
      : configFields(z.toJSONSchema(module.default.config, { io: 'input', unrepresentable: 'any' }), defaults);

  const readme = path.join(at, 'README.md');
  if (!existsSync(readme)) throw new Error(`${folder} has no README.md`);
  const is = readFileSync(readme, 'utf8').replaceAll('\r\n', '\n');
  const [begin, end] = [is.indexOf(BEGIN), is.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${folder}/README.md lacks the markers ${BEGIN} and ${END}, each on a line of its own`);
  const should = `${is.slice(0, begin + BEGIN.length)}\n${table(fields)}${is.slice(end)}`;
  return { readme, is, should, undescribed: fields.filter(({ description }) => description === '').map(({ path: name }) => name) };
}

function table(fields: readonly ConfigField[]): string {
  if (fields.length === 0) return 'This plugin has no config.\n';
  const rows = fields.map(
    (field) => `| \`${field.path}\` | ${cell(field.type)} | ${cell(defaultOf(field))} | ${cell(field.description)} |`,
  );
  return ['| key | value | default | |', '|---|---|---|---|', ...rows, ''].join('\n');
}

function defaultOf({ required, value }: ConfigField): string {
  if (value === undefined) return required ? 'needed' : '';
  const json = JSON.stringify(value);
  return json.length > MAX_DEFAULT ? 'see plugin.json' : `\`${json}\``;
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

async function main(check: boolean): Promise<void> {
  for (const folder of pluginFolders()) {
    const { readme, is, should, undescribed } = await referenceOf(folder);
    for (const field of undescribed) console.error(`${folder}: the config field "${field}" has no .describe()`);
    if (is !== should && check) console.error(`${folder}/README.md is not what its schema says: run \`npm run docs\``);
    if (is !== should && !check) {
      writeFileSync(readme, should);
      console.error(`wrote ${folder}/README.md`);
    }
    if (undescribed.length > 0 || (check && is !== should)) process.exitCode = 1;
  }
}

// run.mjs imports it where its own Node is new enough, and names it as the program.
if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.includes('--check'));
