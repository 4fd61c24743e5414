import type { HistoryInfo } from '../../history/history.ts';
import type { Arguments } from '../arguments.ts';
import { bytes, grouped, table } from '../numbers.ts';
import { printable } from '../printable.ts';
import { openReader } from './open-reader.ts';

/** `tickhub history info`: what there is, of which source, from when to when. */
export async function historyInfoCommand(args: Arguments, print: (text: string) => void): Promise<number> {
  const { info, close } = await openReader(args);
  close();
  print(args.json ? JSON.stringify(info, null, 2) : infoText(info).map(printable).join('\n'));
  return 0;
}

function infoText({ path, bytes: size, series, streams, gaps, since }: HistoryInfo): string[] {
  const day = (time: number): string => new Date(time).toISOString().slice(0, 16).replace('T', ' ');
  const lines = [`${path}: ${bytes(size)}`];
  if (since !== null) lines.push(`Your tier shows what is after ${day(since)} UTC.`);
  lines.push('');
  if (series.length === 0) lines.push('No ticks yet.');
  else {
    lines.push(
      ...table(
        ['symbol', 'source', 'from (UTC)', 'to (UTC)', 'ticks', 'size', 'bytes a tick'],
        series.map((s) => [s.symbol, s.source, day(s.from), day(s.to), grouped(s.ticks), bytes(s.bytes), (s.bytes / s.ticks).toFixed(1)]),
      ),
    );
  }
  if (streams.length > 0) {
    lines.push(
      '',
      ...table(
        ['stream', 'source', 'from (UTC)', 'to (UTC)', 'records', 'size'],
        streams.map((s) => [s.stream, s.source, day(s.from), day(s.to), grouped(s.records), bytes(s.bytes)]),
      ),
    );
  }
  for (const { fromSeq, toSeq, at } of gaps) {
    lines.push(`MISSED: frames ${grouped(fromSeq)} to ${grouped(toSeq)} of the spool, seen ${day(at)} UTC`);
  }
  return lines;
}
