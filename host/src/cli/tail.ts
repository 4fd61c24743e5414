import { RecordStream } from '@tickhub/plugin-sdk/host';
import { tailLines } from '../control/control-client.ts';
import { UsageError } from './arguments.ts';
import type { Arguments } from './arguments.ts';
import { printable } from './printable.ts';
import { tailText } from './tail-text.ts';

const STREAMS: readonly string[] = ['ticks', ...RecordStream.options];

/** `tickhub tail [STREAM...]`: what a running host takes, as it takes it, until Ctrl-C or --count lines. */
export async function tailCommand(args: Arguments, print: (text: string) => void): Promise<number> {
  for (const stream of args.operands) {
    if (!STREAMS.includes(stream)) throw new UsageError(`There is no stream "${stream}"; there are ${STREAMS.join(', ')}.`);
  }
  let left = countOf(args.options.count);
  const filter = { streams: args.operands, symbols: args.options.symbol ?? [], sources: args.options.source ?? [] };
  const reader = new AbortController();
  try {
    for await (const line of tailLines(args.dataDir, filter, reader.signal)) {
      print(args.json ? line : printable(tailText(line)));
      if (--left <= 0) return 0;
    }
  } finally {
    reader.abort();
  }
  return 0;
}

function countOf(text: string | undefined): number {
  if (text === undefined) return Infinity;
  if (!/^[1-9]\d*$/.test(text)) throw new UsageError(`--count takes a whole number above 0, not "${text}".`);
  return Number(text);
}
