import { z } from '@tickhub/plugin-sdk';
import { MAX_BATCH, NO_BACKFILL_LIMIT } from './link/wire.ts';
import { isZone } from './session/zone-offset.ts';

const Name = z.string().min(1).max(64);
const Affixes = z.array(z.string().min(1).max(16)).default([]);

const Mapping = z.strictObject({
  /** Broker's name -> canonical name; goes before all else. */
  map: z.record(Name, Name).default({}),
  /** Cut off the front, such as `m.`. */
  prefixes: Affixes,
  /** Cut off the end, such as `.x`. */
  suffixes: Affixes,
  /** Undress currency pairs and metals: `EURUSDm`, `EURUSD.x` become `EURUSD`. */
  auto: z.boolean().default(true),
});

const UtcOffset = z.union([
  z.literal('auto'),
  z.number().int().min(-900).max(900),
  z.string().refine((zone) => zone !== 'auto' && isZone(zone), 'must be "auto", minutes, or an IANA zone such as "Europe/Athens" or "EET"'),
]);

const ReplayFile = z.strictObject({
  /** `.csv`, `.csv.gz` or `.csv.zst`; relative to the plugin's folder. */
  path: z.string().min(1),
  symbol: Name,
  digits: z.number().int().min(0).max(15).default(5),
});

/** The config of the mt5 plugin; README.md describes each key. */
export const Config = z
  .strictObject({
    mode: z.enum(['link', 'replay']).default('link'),
    /** On 127.0.0.1; 0: any free port, told in link.json. */
    port: z.number().int().min(0).max(65_535).default(47_800),
    /** Where the token is; without it the plugin makes one in `tickhub.token`. */
    token: z
      .string()
      .regex(/^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/, 'must be a reference, env:NAME or file:PATH, never the token itself')
      .optional(),
    heartbeatMs: z.number().int().min(100).max(10_000).default(1_000),
    /** The most ticks in one frame. */
    maxBatch: z.number().int().min(1).max(MAX_BATCH).default(512),
    /** How often the EA looks for new ticks, where nothing wakes it. */
    sweepMs: z.number().int().min(1).max(10_000).default(10),
    maxBackfillMs: z
      .union([
        z.literal('all'),
        z
          .number()
          .int()
          .min(0)
          .max(NO_BACKFILL_LIMIT - 1),
      ])
      .default(86_400_000),
    staleAfterMs: z.number().int().min(100).default(5_000),
    symbols: z.array(Name).max(10_000).default([]),
    mapping: Mapping.prefault({}),
    utcOffset: UtcOffset.default('auto'),
    /** Replay: the name of the source is `mt5:<name>`. */
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'letters, digits and . _ -, at most 64')
      .default('replay'),
    files: z.array(ReplayFile).max(1_000).default([]),
    speed: z.union([z.literal('full'), z.number().positive().max(100_000)]).default(1),
    startAt: z.enum(['now', 'recorded']).default('now'),
    loop: z.boolean().default(false),
  })
  .superRefine((config, context) => {
    if (config.mode !== 'replay') return;
    if (config.files.length === 0) {
      context.addIssue({ code: 'custom', path: ['files'], message: 'mode "replay" needs at least one file' });
    }
    if (config.speed === 'full' && config.startAt === 'now') {
      context.addIssue({
        code: 'custom',
        path: ['startAt'],
        message: 'speed "full" outruns the clock, so ticks cannot be stamped with it: set startAt to "recorded"',
      });
    }
  });
export type Config = z.infer<typeof Config>;
