import { Tier } from '@tickhub/plugin-sdk/host';
import { z } from 'zod';

const LogLevel = z.enum(['debug', 'info', 'warn', 'error']);

/** Also a folder's name, so not what Windows takes for a device, nor what it cuts the end off. */
const TenantId = z
  .string()
  .regex(
    /^(?!(con|prn|aux|nul|com\d|lpt\d)(\.|$))[a-z0-9][a-z0-9._-]{0,63}(?<!\.)$/i,
    'up to 64 letters, digits, dots, hyphens and underscores; no name of a device such as "nul", and no dot at its end',
  );

/** Over plain http anyone on the way could put keys of their own in. */
function isTrustworthy(jwks: string): boolean {
  if (!/^[a-z][a-z0-9+.-]+:\/\//i.test(jwks)) return true;
  const url = URL.parse(jwks);
  return url?.protocol === 'https:' || (url?.protocol === 'http:' && (url.hostname === '127.0.0.1' || url.hostname === '[::1]'));
}

/** A backend of your own. Without it the host runs the gateway that the websocket plugin ships. */
const Backend = z.strictObject({
  /** WebSocket address; `{user_id}` stands for the token's user. */
  url: z.string().regex(/^wss?:\/\//, 'an address that begins with ws:// or wss://'),
  /** The key set that signs tokens: an https address (http on 127.0.0.1) or a path. */
  jwks: z
    .string()
    .min(1)
    .refine(isTrustworthy, 'an https address, an http address on 127.0.0.1, or a path: keys from another machine have to come over https'),
  /** Where the subscription token is: `file:PATH` or `env:NAME`. */
  token: z.string().regex(/^(file|env):.+/, 'a reference such as file:/path/to/token or env:TICKHUB_TOKEN; never the token itself'),
  issuer: z.string().optional(),
  audience: z.string().optional(),
});

const Names = z.array(z.string().min(1)).default([]);

/** config.json. Unknown keys are refused. */
export const ConfigSchema = z.strictObject({
  $schema: z.string().optional(),
  /** Who this host works for; also the name of the tenant's folder. */
  tenant: TenantId.default('local'),
  backend: Backend.optional(),
  embeddedBackend: z
    .strictObject({
      /** Tier of the tokens that the embedded gateway issues. */
      tier: Tier.default('pro'),
    })
    .prefault({}),
  symbols: z
    .strictObject({
      /** Which symbols come first where the tier does not pass all. */
      prefer: z.array(z.string().min(1)).default([]),
    })
    .prefault({}),
  /** What of all that comes in is wanted: the rest is neither delivered nor kept nor counted for the tier. `*` stands for anything in a name. */
  preferences: z
    .strictObject({
      streams: z.strictObject({ never: Names }).prefault({}),
      /** Such as `news:cnbc` or `social:*`. */
      sources: z.strictObject({ never: Names }).prefault({}),
      symbols: z.strictObject({ only: Names, never: Names }).prefault({}),
      /** ISO 4217; news and events that name none of them are left out. */
      currencies: z.array(z.string().regex(/^[A-Z]{3}$/, 'a currency such as EUR')).default([]),
      /** Such as `en`; news in other languages is left out. */
      languages: z.array(z.string().min(2)).default([]),
      impact: z.array(z.enum(['high', 'medium', 'low', 'none', 'holiday'])).default([]),
    })
    .prefault({}),
  /** What the market monitor does; its README says how it decides. */
  analysis: z
    .strictObject({
      /** Whose ticks bars are made of where several sources have a symbol, the first that fits first; such as `mt5:demo` or `mt5:*`. Otherwise the source that was there first. */
      prefer: Names,
      /** A market without ticks for longer is closed: nothing is published of it, and who asks is told since when. */
      quietMinutes: z.number().min(1).max(1_440).default(15),
      /** A bar that no later tick ends is closed so long after its end. */
      graceSeconds: z.number().min(0).max(300).default(10),
      /** The share of the time that the bars a model needs have to cover: weekends leave 0.7, a machine that runs for eight hours of a day 0.24. 0 takes any. */
      leastCoverage: z.number().min(0).max(1).default(0.3),
      /** A plugin that does not answer a question within this time is counted as having failed it. */
      deadlineMs: z.number().int().min(10).max(60_000).default(2_000),
    })
    .prefault({}),
  /** Folders with plugins of your own, besides `<data>/plugins`. */
  pluginRoots: z.array(z.string().min(1)).default([]),
  /** Plugins that are not to run. */
  disabled: z.array(z.string()).default([]),
  /** Config by plugin id, laid over the defaults of its plugin.json. */
  plugins: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
  spool: z
    .strictObject({
      /** Largest size of what waits for the backend, MiB; the tier's cache size where that is smaller. */
      budgetMb: z.number().int().min(1).max(1_000_000).default(1_000),
    })
    .prefault({}),
  entitlement: z
    .strictObject({
      /** How long an expired token counts on while no fresh one is to be had. */
      graceHours: z
        .number()
        .min(0)
        .max(24 * 30)
        .default(72),
    })
    .prefault({}),
  /** Port on 127.0.0.1 for `tickhub status`; 0 takes a free one. */
  controlPort: z.number().int().min(0).max(65_535).default(0),
  log: z.strictObject({ level: LogLevel.default('info') }).prefault({}),
});
export type Config = z.infer<typeof ConfigSchema>;
