/** Writes plugin.schema.json, the JSON Schema of plugin.json for editors, from the schema that the host uses. `--check` only compares. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { manifestJsonSchema } from '../src/manifest/json-schema.ts';

const file = fileURLToPath(new URL('../plugin.schema.json', import.meta.url));
const schema = manifestJsonSchema();
if (!process.argv.includes('--check')) writeFileSync(file, `${JSON.stringify(schema, null, 2)}\n`);
else if (!isDeepStrictEqual(JSON.parse(readFileSync(file, 'utf8')), JSON.parse(JSON.stringify(schema)))) {
  console.error('plugin.schema.json is not what the manifest schema says: run `node plugin-sdk/scripts/schema.ts`');
  process.exitCode = 1;
}
