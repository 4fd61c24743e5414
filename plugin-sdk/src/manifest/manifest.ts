/**
 * plugin.json: what a plugin is, needs and may do. Unknown keys are refused, so that a typing mistake is not a silent default.
 * The JSON Schema published as `@tickhub/plugin-sdk/plugin.schema.json` is generated from this schema.
 */
import { z } from 'zod';
import { Feed } from './feed.ts';
import { feedProblems } from './feed-rules.ts';
import { ModelSection } from './model.ts';
import { modelProblems } from './model-rules.ts';
import { PluginKind } from './plugin-kind.ts';
import { Tier } from './tier.ts';

export { PluginKind, Tier };
export type { Feed, ModelSection };

const SEMVER = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$/;

const Service = z.string().regex(/^[a-z][a-z0-9-]*$/, 'a name of lower-case letters, digits and hyphens');

const Permissions = z.strictObject({
  hosts: z
    .array(z.string().min(1))
    .default([])
    .describe('Hosts the `http` and `socket` capabilities may reach: `api.example.com`, `*.example.com`, `127.0.0.1:8080`.'),
  configHosts: z
    .boolean()
    .default(false)
    .describe("Also the hosts of http, https, ws and wss addresses in the user's own config for this plugin, private ones included."),
  env: z
    .array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a name of an environment variable'))
    .default([])
    .describe('Names of environment variables the plugin may read.'),
  net: z.boolean().default(false).describe('Open sockets of its own (listen, connect). Granted to bundled plugins only.'),
  read: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'Absolute paths or paths relative to the plugin folder that may be read besides the folder itself. Granted to bundled plugins only.',
    ),
});

const Limits = z.strictObject({
  memoryMb: z.number().int().min(16).max(16_384).default(256).describe('Heap cap of the isolate, in MiB. A plugin over it is restarted.'),
  startTimeoutMs: z
    .number()
    .int()
    .min(100)
    .max(120_000)
    .default(10_000)
    .describe('How long loading and starting may take, in milliseconds.'),
});

const Fields = z.strictObject({
  $schema: z.string().optional(),
  id: z
    .string()
    .regex(/^[a-z][a-z0-9-]*$/, 'lower-case letters, digits and hyphens, beginning with a letter')
    .max(64)
    .describe('Unique name, also the name of its folder for data.'),
  version: z.string().regex(SEMVER, 'a semantic version such as 1.2.3'),
  kind: PluginKind,
  sdk: z.string().min(1).describe('Semver range of plugin-sdk versions it was written against, such as `^0.1.0`.'),
  entry: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Module to load, relative to the folder and inside it: `.js`, `.mjs`, `.ts` or `.mts`. A plugin has either this, `feed` or `model`.',
    ),
  feed: Feed.optional().describe('Data sources: a feed without code. A plugin has either this or `entry`.'),
  model: ModelSection.optional().describe('Models: an ONNX file without code. A plugin has either this or `entry`.'),
  description: z.string().max(500).optional().describe('One line for people.'),
  tier: Tier.default('free').describe('Lowest tier on which it may be active.'),
  provides: z
    .record(Service, z.string().regex(SEMVER, 'a semantic version such as 1.0.0'))
    .default({})
    .describe('Streams and services it gives to others, name to version.'),
  requires: z
    .record(Service, z.string().min(1))
    .default({})
    .describe('Streams and services it needs, name to semver range; while one is missing the plugin is blocked.'),
  permissions: Permissions.prefault({}),
  config: z
    .record(z.string(), z.unknown())
    .default({})
    .describe("Defaults for its config; the config file's `plugins.<id>` goes over them."),
  activation: z
    .enum(['always', 'configured'])
    .default('always')
    .describe(
      'When it runs: always, or only where the config file has an entry `plugins.<id>`, if an empty one. For what is of no use without.',
    ),
  overlap: z
    .boolean()
    .default(true)
    .describe('Whether two versions may run at once during a reload. False where there is one port or one login.'),
  embeddedBackend: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Transports: module of a backend to run beside it where no backend is configured (the embedded gateway). Bundled plugins only.',
    ),
  limits: Limits.prefault({}),
});

/** What a plugin is made of; it has exactly one of them. */
const FORMS = ['entry', 'feed', 'model'] as const;

export const PluginManifest = Fields.superRefine((manifest, context) => {
  const { id, feed, model, kind, permissions } = manifest;
  const wrong = (path: (string | number)[], message: string): void => context.addIssue({ code: 'custom', path, message });
  const [first, second] = FORMS.filter((form) => manifest[form] !== undefined);
  if (first === undefined) return wrong(['entry'], 'is missing');
  if (second !== undefined) wrong([first], `is given beside "${second}"; a plugin has one of them`);
  if (feed !== undefined) {
    if (kind !== 'data-source') wrong(['kind'], `is "${kind}", and a feed is a data-source`);
    for (const { path, message } of feedProblems(feed, permissions.env)) wrong(['feed', ...path], message);
  }
  if (model !== undefined) {
    if (kind !== 'model') wrong(['kind'], `is "${kind}", and a plugin with "model" is a model`);
    for (const { path, message } of modelProblems(model, id)) wrong(['model', ...path], message);
  }
});
export type PluginManifest = z.infer<typeof PluginManifest>;
/** What a manifest may look like before defaults are filled in. */
export type PluginManifestInput = z.input<typeof PluginManifest>;
