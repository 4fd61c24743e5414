import { z } from 'zod';

/** One line of a tail, as the host sends it: of its members only those that are shown. */
const TailLine = z.union([
  z.object({ missed: z.number() }),
  z.object({
    stream: z.literal('ticks'),
    source: z.string(),
    symbol: z.string(),
    digits: z.number().int().min(0).max(20),
    time: z.number(),
    bid: z.number(),
    ask: z.number(),
    flags: z.array(z.string()),
  }),
  z.object({
    stream: z.string(),
    source: z.string(),
    time: z.number(),
    symbol: z.string().optional(),
    revision: z.number().optional(),
    body: z.record(z.string(), z.unknown()),
  }),
]);

/** Flags of a tick that a person wants to know of. */
const SHOWN_FLAGS: ReadonlySet<string> = new Set(['late', 'crossed']);

/** A line of a tail for a person: time of the event (UTC), stream, what it says. A line that is not understood is shown as it is. */
export function tailText(line: string): string {
  const parsed = TailLine.safeParse(parse(line));
  if (!parsed.success) return line;
  const { data } = parsed;
  if ('missed' in data) return `... ${data.missed} lines went by while this was read`;
  const time = new Date(data.time).toISOString().slice(0, 23).replace('T', ' ');
  if ('bid' in data) {
    const marks = data.flags.filter((flag) => SHOWN_FLAGS.has(flag)).join(' ');
    const prices = [data.bid, data.ask].map((price) => price.toFixed(data.digits)).join(' ');
    return `${time}  ${data.symbol.padEnd(8)} ${prices}  ${data.source}  ${marks}`.trimEnd();
  }
  const revised = data.revision === undefined ? '' : ` (revision ${data.revision})`;
  return `${time}  ${data.stream.padEnd(8)} ${data.source}  ${saying(data.symbol, data.body)}${revised}`;
}

/** The title where there is one, else the body. */
function saying(symbol: string | undefined, body: Record<string, unknown>): string {
  const { title, currency, impact, kind, text } = body;
  const about = [symbol, currency, impact, kind].filter((part) => typeof part === 'string').join(' ');
  const said = typeof title === 'string' ? title : typeof text === 'string' ? text : JSON.stringify(body);
  return about === '' ? said : `${about}: ${said}`;
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
