import path from 'node:path';
import { z } from '@tickhub/plugin-sdk';

const Name = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/, 'small letters, digits and hyphens, at most 32, with no hyphen at an end');

const Symbols = z.array(z.string().min(1).max(64)).max(1_000).default([]);

/** One DWX Connect folder. */
const DwxSource = z.strictObject({
  name: Name.describe('The source is `mt5:dwx-<name>`.'),
  folder: z
    .string()
    .refine(
      (folder) => path.isAbsolute(folder),
      "must be the whole path of the terminal's MQL5/Files (File > Open Data Folder shows where it is)",
    )
    .describe("The terminal's `MQL5/Files`, its whole path."),
  symbols: Symbols.describe(
    "Have the EA give these, and take only them. Canonical or broker's names. Empty: take what your own DWX client subscribes to, and ask the EA for nothing.",
  ),
  intervalMs: z
    .number()
    .int()
    .min(5)
    .max(10_000)
    .default(25)
    .describe('How often to look where the operating system does not tell of changes, in milliseconds. The EA writes every 25.'),
  bars: z
    .boolean()
    .default(false)
    .describe(
      'Take bars of the last days too, as `bars` has them. Needs `utcOffset`, and by its own default the EA opens a chart for each symbol that it is asked for.',
    ),
});

/** One mtapi server. */
const MtapiSource = z.strictObject({
  name: Name.describe('The source is `mt5:mtapi-<name>`.'),
  url: z
    .url({ protocol: /^wss?$/, error: 'must be the address of the WebSocket, such as "ws://127.0.0.1:8228/ws"' })
    .describe('Address of its WebSocket: `ws://127.0.0.1:8228/ws`, with the port that the EA has as its input.'),
  symbols: Symbols.describe("Take only these. Canonical or broker's names. Empty: those of all charts that have the EA."),
});

const NOT_TWICE = 'is there twice: give each source a name of its own';

function namesOnce(sources: readonly { readonly name: string }[], context: z.RefinementCtx): void {
  const seen = new Set<string>();
  for (const [at, { name }] of sources.entries()) {
    if (seen.has(name)) context.addIssue({ code: 'custom', path: [at, 'name'], message: `"${name}" ${NOT_TWICE}` });
    seen.add(name);
  }
}

/** The part of the config that names other programs' bridges. */
export const bridgeFields = {
  dwx: z
    .array(DwxSource)
    .max(32)
    .default([])
    .superRefine(namesOnce)
    .describe('Terminals with the DWX Connect server EA, read through its files.'),
  mtapi: z
    .array(MtapiSource)
    .max(32)
    .default([])
    .superRefine(namesOnce)
    .describe('Terminals with mtapi 2 (MT5Connector), followed through its WebSocket.'),
};
