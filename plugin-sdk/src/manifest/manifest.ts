/**
 * plugin.json: what a plugin is, needs and may do. Unknown keys are refused, so that a typing mistake is not a silent default.
 * The JSON Schema published as `@tickhub/plugin-sdk/plugin.schema.json` is generated from this schema.
 */
import { z } from 'zod';

export const PluginKind = z.enum(['data-source', 'model', 'transport']);
export type PluginKind = z.infer<typeof PluginKind>;

export const Tier = z.enum(['free', 'pro', 'enterprise']);
export type Tier = z.infer<typeof Tier>;

const SEMVER =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$/;

const Service = z.string().regex(/^[a-z][a-z0-9-]*$/, 'a name of lower-case letters, digits and hyphens');

const Permissions = z.strictObject({
  /** Hosts the `http` and `socket` capabilities may reach: `api.example.com`, `*.example.com`, `127.0.0.1:8080`. */
  hosts: z.array(z.string().min(1)).default([]),
  /** Names of environment variables the plugin may read. */
  env: z.array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a name of an environment variable')).default([]),
  /** Open sockets of its own (listen, connect). Granted to bundled plugins only. */
  net: z.boolean().default(false),
  /** Absolute paths or paths relative to the plugin folder that may be read besides the folder itself. Granted to bundled plugins only. */
  read: z.array(z.string().min(1)).default([]),
});

const Limits = z.strictObject({
  /** Heap cap of the isolate, in MiB. A plugin over it is restarted. */
  memoryMb: z.number().int().min(16).max(16_384).default(256),
  /** How long loading and starting may take, in milliseconds. */
  startTimeoutMs: z.number().int().min(100).max(120_000).default(10_000),
});

export const PluginManifest = z.strictObject({
  $schema: z.string().optional(),
  /** Unique name, also the name of its folder for data. */
  id: z
    .string()
    .regex(/^[a-z][a-z0-9-]*$/, 'lower-case letters, digits and hyphens, beginning with a letter')
    .max(64),
  version: z.string().regex(SEMVER, 'a semantic version such as 1.2.3'),
  kind: PluginKind,
  /** Semver range of plugin-sdk versions it was written against, such as `^0.1.0`. */
  sdk: z.string().min(1),
  /** Module to load, relative to the folder and inside it: `.js`, `.mjs`, `.ts` or `.mts`. */
  entry: z.string().min(1),
  /** One line for people. */
  description: z.string().max(500).optional(),
  /** Lowest tier on which it may be active. */
  tier: Tier.default('free'),
  /** Streams and services it gives to others, name to version. */
  provides: z.record(Service, z.string().regex(SEMVER, 'a semantic version such as 1.0.0')).default({}),
  /** Streams and services it needs, name to semver range; while one is missing the plugin is blocked. */
  requires: z.record(Service, z.string().min(1)).default({}),
  permissions: Permissions.prefault({}),
  /** Defaults for its config; the config file's `plugins.<id>` goes over them. */
  config: z.record(z.string(), z.unknown()).default({}),
  /** Whether two versions may run at once during a reload. False where there is one port or one login. */
  overlap: z.boolean().default(true),
  /** Transports: module of a backend to run beside it where no backend is configured (the embedded gateway). Bundled plugins only. */
  embeddedBackend: z.string().min(1).optional(),
  limits: Limits.prefault({}),
});
export type PluginManifest = z.infer<typeof PluginManifest>;
/** What a manifest may look like before defaults are filled in. */
export type PluginManifestInput = z.input<typeof PluginManifest>;
