import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { renameOver } from '../../storage/rename-over.ts';
import { UsageError } from '../arguments.ts';
import type { Arguments } from '../arguments.ts';
import { grouped } from '../numbers.ts';
import { csv, json, readable, writeText } from './formats.ts';
import { writeParquet } from './parquet.ts';
import type { Rows } from './rows.ts';

/** How a command answers: as text on the standard output, or into a file that is there only when it is whole. @throws {UsageError} */
export function assertFormat({ options, json: asJson }: Arguments): void {
  const formats = [options.csv && '--csv', options.parquet && '--parquet', asJson && '--json'].filter(
    (format) => format !== undefined && format !== false,
  );
  if (formats.length > 1) throw new UsageError(`Only one of ${formats.join(' and ')} can be the format.`);
  if (options.parquet === true && options.out === undefined) throw new UsageError('--parquet needs --out FILE: it is not text.');
}

/** Writes the rows as the options say. */
export async function answerWith(args: Arguments, rows: Rows, print: (text: string) => void): Promise<void> {
  const { out, parquet } = args.options;
  const format = args.options.csv ? csv : args.json ? json : readable;
  if (out === undefined) {
    // `print` ends each piece with a line end of its own.
    await writeText(rows, format, async (text) => print(text.slice(0, -1)));
    return;
  }
  const file = path.resolve(out);
  const fresh = `${file}.new`;
  try {
    const count = parquet ? await writeParquet(rows, fresh) : await writeFileOf(fresh, (write) => writeText(rows, format, write));
    await renameOver(fresh, file);
    print(`${grouped(count)} rows are in ${file}`);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
}

async function writeFileOf(file: string, work: (write: (text: string) => Promise<void>) => Promise<number>): Promise<number> {
  const stream = createWriteStream(file);
  const failed = new Promise<never>((_, reject) => {
    stream.on('error', reject);
  });
  const write = async (text: string): Promise<void> => {
    if (!stream.write(text)) await Promise.race([failed, new Promise<void>((resolve) => stream.once('drain', resolve))]);
  };
  const count = await Promise.race([failed, work(write)]);
  await Promise.race([failed, new Promise<void>((resolve) => stream.end(resolve))]);
  return count;
}
