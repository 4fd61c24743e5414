import { SecretReference, z } from '@tickhub/plugin-sdk';
import { isServerZone } from '@tickhub/plugin-sdk/files';
import { bridgeFields } from './adapters/config.ts';
import { MAX_BATCH, NO_BACKFILL_LIMIT } from './link/wire.ts';
import { terminalFields } from './session/config.ts';

const Name = z.string().min(1).max(64);
const Affixes = z.array(z.string().min(1).max(16)).default([]);

const Rule = z.strictObject({
  match: z
    .string()
    .min(1)
    .max(256)
    .refine(isRegExp, 'must be a regular expression, such as "^(.+)\\\\.pro$"')
    .describe('A regular expression that a name has to match: `"^(.+)\\\\.pro$"`.'),
  to: z.string().min(1).max(64).describe('The canonical name, with `$1` for what the first parentheses hold.'),
});

const Mapping = z.strictObject({
  map: z.record(Name, Name).default({}).describe('Broker\'s name to canonical name: `{"GOLD.spot": "XAUUSD"}`. Goes before all else.'),
  rules: z.array(Rule).max(100).default([]).describe('Tried in order on names that `map` does not have; the first that matches decides.'),
  prefixes: Affixes.describe('Cut off the front of any name, the longest that fits, such as `m.`.'),
  suffixes: Affixes.describe('Cut off the end of any name, the longest that fits: `[".cash"]` turns `US30.cash` into `US30`.'),
  auto: z
    .boolean()
    .default(true)
    .describe('Undress pairs of currencies, metals and coins: `EURUSDm` and `EURUSD.x` become `EURUSD`. See below.'),
  aliases: z
    .boolean()
    .default(true)
    .describe('Give one name to what brokers call differently: `GOLD` becomes `XAUUSD`, `NAS100` and `USTEC` become `US100`. See below.'),
});

function isRegExp(source: string): boolean {
  try {
    return new RegExp(source) instanceof RegExp;
  } catch {
    return false;
  }
}

const UtcOffset = z.union([
  z.literal('auto'),
  z.number().int().min(-900).max(900),
  z
    .string()
    .refine(
      (zone) => zone !== 'auto' && isServerZone(zone),
      'must be "auto", minutes, an IANA zone such as "Europe/Athens", "EET-EU" or "EET-US"',
    ),
]);

const ReplayFile = z.strictObject({
  path: z
    .string()
    .min(1)
    .describe("A tick export of MetaTrader 5, or a CSV of `time_msc,bid,ask`, packed or not; relative to the plugin's folder."),
  symbol: Name.describe('Canonical symbol of its ticks.'),
  digits: z.number().int().min(0).max(15).default(5).describe('Decimal digits of its prices.'),
});

/** The config of the mt5 plugin. `npm run docs` writes the descriptions into README.md. */
export const Config = z
  .strictObject({
    mode: z
      .enum(['link', 'replay', 'bridges'])
      .default('link')
      .describe(
        '`"link"`: terminals with the Tickhub EA. `"replay"`: recorded files. `"bridges"`: only the bridges named here, which run in each mode.',
      ),
    port: z
      .number()
      .int()
      .min(0)
      .max(65_535)
      .default(47_800)
      .describe('Port on 127.0.0.1. 0: any free one, which `link.json` in the data folder names.'),
    pipe: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/, 'letters, digits and . _ -, at most 32')
      .optional()
      .describe(
        'Also listen on the Windows named pipe `\\\\.\\pipe\\tickhub-<pipe>`, for an EA with the same name in its input *Pipe*; elsewhere on a unix socket in the data folder.',
      ),
    token: SecretReference.optional().describe(
      'Where the token is: `"env:TICKHUB_MT5_TOKEN"` or `"file:PATH"` (relative to the data folder), at least 16 characters. Left out: one is made once, in `tickhub.token`.',
    ),
    heartbeatMs: z.number().int().min(100).max(10_000).default(1_000).describe('PING each way, in milliseconds.'),
    maxBatch: z.number().int().min(1).max(MAX_BATCH).default(512).describe('The most ticks in one frame.'),
    sweepMs: z
      .number()
      .int()
      .min(1)
      .max(10_000)
      .default(10)
      .describe('How often the EA looks for new ticks where no event wakes it, in milliseconds.'),
    maxBackfillMs: z
      .union([
        z.literal('all'),
        z
          .number()
          .int()
          .min(0)
          .max(NO_BACKFILL_LIMIT - 1),
      ])
      .default(86_400_000)
      .describe('How far back a terminal is asked to go after a pause, in milliseconds. `"all"`: without limit. 0: live only.'),
    staleAfterMs: z
      .number()
      .int()
      .min(100)
      .default(5_000)
      .describe("Live ticks older than this by the broker's clock are counted as stale, in milliseconds."),
    symbols: z
      .array(Name)
      .max(10_000)
      .default([])
      .describe(
        "Take only these, and have the terminal add those it lacks to Market Watch. Canonical or broker's names. Empty: all that the EA announces.",
      ),
    mapping: Mapping.prefault({}).describe("How a broker's names become canonical ones."),
    utcOffset: UtcOffset.default('auto').describe(
      'The broker\'s clock minus UTC: `"auto"` (see below), minutes, an IANA zone such as `"Europe/Athens"`, or `"EET-EU"`, `"EET-US"`: UTC+2 and +3 with Europe\'s or America\'s dates.',
    ),
    ...terminalFields,
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'letters, digits and . _ -, at most 64')
      .default('replay')
      .describe('Replay: the source is `mt5:<name>`.'),
    files: z.array(ReplayFile).max(1_000).default([]).describe('Replay: what to play.'),
    speed: z
      .union([z.literal('full'), z.number().positive().max(100_000)])
      .default(1)
      .describe('Replay: any factor, or as fast as the host takes it.'),
    startAt: z
      .enum(['now', 'recorded'])
      .default('now')
      .describe('Replay: stamp the first tick with the time of the first start, or keep the recorded times.'),
    loop: z.boolean().default(false).describe('Replay: again from the beginning after the end.'),
    ...bridgeFields,
  })
  .superRefine((config, context) => {
    if (config.mode === 'bridges' && config.dwx.length + config.mtapi.length === 0) {
      context.addIssue({ code: 'custom', path: ['mode'], message: 'mode "bridges" needs at least one source in dwx or mtapi' });
    }
    const asking = config.dwx.findIndex(({ bars }) => bars);
    if (asking !== -1 && config.utcOffset === 'auto') {
      const message =
        'DWX\'s bars have the broker\'s time, and nothing there tells what that is: set utcOffset to minutes or a zone such as "EET-EU"';
      context.addIssue({ code: 'custom', path: ['dwx', asking, 'bars'], message });
    }
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
