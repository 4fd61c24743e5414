import { describe, expect, it } from 'vitest';
import { capabilities } from '../capabilities/index.ts';
import { definePlugin } from '../define-plugin.ts';
import { checkDefinition } from './check-definition.ts';
import { parseConfig } from './parse-config.ts';
import { z } from 'zod';

const start = (): void => undefined;
const plugin = (more: object): { default: unknown } => ({ default: definePlugin({ kind: 'data-source', start, ...more } as never) });

describe('a definition', () => {
  it('is what the default export is, when it fits', () => {
    const module = plugin({ inject: { log: capabilities.Log, out: capabilities.Publish } });
    expect(checkDefinition(module, 'data-source')).toBe(module.default);
  });

  it.each([
    ['no default export', {}, 'NO_DEFAULT_EXPORT', /has no default export; write `export default definePlugin/],
    ['a plain object', { default: { kind: 'data-source', start } }, 'NOT_A_PLUGIN', /an object that was not made by definePlugin/],
    ['a function', { default: start }, 'NOT_A_PLUGIN', /a function/],
    ['null', { default: null }, 'NOT_A_PLUGIN', /null/],
    [
      'another kind',
      plugin({ kind: 'model' }),
      'WRONG_KIND',
      /plugin.json says kind "data-source", the module defines a "model"; make both the same/,
    ],
    ['no start', plugin({ start: undefined }), 'NOT_A_PLUGIN', /"start" is undefined/],
    ['inject that is no object', plugin({ inject: 5 }), 'BAD_INJECT', /"inject" is a number/],
    [
      'a token that there is not',
      plugin({ inject: { log: undefined } }),
      'BAD_INJECT',
      /inject.log is undefined; give a token that the SDK exports/,
    ],
    ['a name that is taken', plugin({ inject: { config: capabilities.Log } }), 'BAD_INJECT', /the context has a "config" already/],
    [
      'a capability of another kind',
      plugin({ inject: { d: capabilities.Delivery } }),
      'CAPABILITY_DENIED',
      /inject.d: a data-source may not have the capability "delivery"; it may have log, clock/,
    ],
    ['a capability of a later SDK', plugin({ inject: { s: { name: 'telescope' } } }), 'CAPABILITY_DENIED', /"telescope"/],
  ])('with %s is refused', (_what, module, code, message) => {
    expect(() => checkDefinition(module, 'data-source')).toThrow(message);
    expect(() => checkDefinition(module, 'data-source')).toThrow(expect.objectContaining({ code }) as Error);
  });
});

describe('a config', () => {
  const schema = z.object({ everyMs: z.number().default(5), hosts: z.array(z.object({ name: z.string() })).default([]) });
  const definition = definePlugin({ kind: 'data-source', config: schema, start } as never);

  it('is what the schema makes of it', async () => {
    expect(await parseConfig(definition, 'demo', {})).toEqual({ everyMs: 5, hosts: [] });
  });

  it('that does not fit is refused with the paths of its fields, and not their values', async () => {
    const parsed = parseConfig(definition, 'demo', { everyMs: 'top-secret', hosts: [{ name: 'a' }, { name: 7 }] });
    await expect(parsed).rejects.toThrow(
      /"everyMs": .*expected number.*"hosts.1.name": .*expected string.*Correct it under "plugins.demo"/,
    );
    await expect(parsed).rejects.toThrow(expect.objectContaining({ code: 'BAD_CONFIG' }) as Error);
    await expect(parsed).rejects.not.toThrow(/top-secret/);
  });

  it('may be refined at leisure', async () => {
    const slow = definePlugin({ kind: 'data-source', config: z.object({}).refine(async () => false, 'not today'), start } as never);
    await expect(parseConfig(slow, 'demo', {})).rejects.toThrow(/config not today/);
  });

  it('must be empty where there is no schema', async () => {
    const none = definePlugin({ kind: 'data-source', start } as never);
    expect(await parseConfig(none, 'demo', {})).toEqual({});
    await expect(parseConfig(none, 'demo', { a: 1 })).rejects.toThrow(/"a": this plugin takes no config/);
  });

  it('needs a schema that is one', async () => {
    const wrong = definePlugin({ kind: 'data-source', config: {}, start } as never);
    await expect(parseConfig(wrong, 'demo', {})).rejects.toThrow(/no zod schema/);
  });

  it('with many mistakes names the first five', async () => {
    const none = definePlugin({ kind: 'data-source', start } as never);
    await expect(parseConfig(none, 'demo', { a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1 })).rejects.toThrow(/"e": .*; and 2 more\./);
  });
});
