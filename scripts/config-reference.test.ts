import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { configFields } from './config-fields.ts';
import { pluginFolders, referenceOf } from './config-reference.ts';

describe.each(pluginFolders())('%s', (folder) => {
  it('describes each config field, and its README says what the schema says', async () => {
    const { is, should, undescribed } = await referenceOf(folder);
    expect(undescribed, 'fields without .describe() in the config schema').toEqual([]);
    expect(is, 'run `npm run docs`').toBe(should);
  });
});

describe('the fields of a schema', () => {
  const Config = z.strictObject({
    mode: z.enum(['a', 'b']).default('a').describe('How.'),
    port: z.number().int().min(0).max(65_535).default(1).describe('Where.'),
    limit: z.union([z.literal('all'), z.number().positive()]).optional(),
    feeds: z
      .array(z.strictObject({ url: z.url().describe('Address.') }).describe('One.'))
      .max(10)
      .default([])
      .describe('Which.'),
    names: z.record(z.string(), z.string()).default({}).describe('Names.'),
    providers: z
      .array(
        z.discriminatedUnion('kind', [
          z.strictObject({ kind: z.literal('x').describe('X.'), key: z.string() }),
          z.strictObject({ kind: z.literal('y') }),
        ]),
      )
      .default([]),
  });
  const fields = configFields(z.toJSONSchema(Config, { io: 'input' }), { port: 2 });
  const row = (path: string) => fields.find((field) => field.path === path);

  it('have their path, type, default and description', () => {
    expect(row('mode')).toEqual({ path: 'mode', type: '`"a"`, `"b"`', description: 'How.', required: false, value: 'a' });
    expect(row('limit')).toMatchObject({ type: '`"all"` or number, above 0', description: '', value: undefined });
    expect(row('feeds')).toMatchObject({ type: 'list of objects, at most 10', value: [] });
    expect(row('feeds[].url')).toMatchObject({ type: 'URL', required: true, description: 'Address.' });
    expect(row('names')).toMatchObject({ type: 'object: name to text' });
  });

  it('have the default of the manifest before that of the schema', () => {
    expect(row('port')?.value).toBe(2);
  });

  it('are told apart by the constant of their kind in a union', () => {
    expect(fields.map(({ path }) => path).filter((path) => path.startsWith('providers'))).toEqual([
      'providers',
      'providers[kind=x].kind',
      'providers[kind=x].key',
      'providers[kind=y].kind',
    ]);
  });
});
