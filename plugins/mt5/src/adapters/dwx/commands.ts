import { link, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { codeOf } from './whole-file.ts';

/** What is ever asked of the EA. It knows commands that trade; there is no way to write one from here. */
export type DwxCommand =
  | { readonly verb: 'SUBSCRIBE_SYMBOLS'; readonly symbols: readonly string[] }
  /** Times are the broker's, epoch seconds, both included. */
  | {
      readonly verb: 'GET_HISTORIC_DATA';
      readonly symbol: string;
      readonly timeframe: DwxTimeframe;
      readonly from: number;
      readonly to: number;
    };

/** What the EA knows, by the width in milliseconds; weeks and months have no fixed one. */
export const TIMEFRAMES = {
  60_000: 'M1',
  300_000: 'M5',
  900_000: 'M15',
  1_800_000: 'M30',
  3_600_000: 'H1',
  14_400_000: 'H4',
  86_400_000: 'D1',
} as const;
export type DwxTimeframe = (typeof TIMEFRAMES)[keyof typeof TIMEFRAMES];

/** The EA looks at files 0 to 49, and stops at the first that is missing. */
const FILES = 50;
/**
 * The EA refuses an id that is among the last 1,000 it saw. Other clients count from 1 and modulo 100,000; ours begin above that, so that neither takes
 * the other's. The EA keeps them in an `int`.
 */
const FIRST_ID = 100_000;
const MOST_IDS = 2_000_000_000;

/** Printable ASCII, as the EA reads ANSI, and no blank at either end. */
const NAME = /^[!-~](?:[ -~]{0,62}[!-~])?$/;
/** What parts a command, or ends it. */
const MARKS = /[|,"]|<:|:>/;

/** Whether a symbol's name can be part of a command. */
export function isNameForCommand(name: string): boolean {
  return NAME.test(name) && !MARKS.test(name);
}

/** The text of a command file. @throws {TypeError} on a name that could end the command, or add to it. */
export function encodeCommand(id: number, command: DwxCommand): string {
  return `<:${id}|${command.verb}|${contentOf(command)}:>`;
}

function contentOf(command: DwxCommand): string {
  switch (command.verb) {
    case 'SUBSCRIBE_SYMBOLS':
      if (command.symbols.length === 0) throw new TypeError('an empty list would end the subscriptions of everybody');
      return command.symbols.map(checked).join(',');
    case 'GET_HISTORIC_DATA':
      return [checked(command.symbol), command.timeframe, Math.trunc(command.from), Math.trunc(command.to)].join(',');
  }
}

function checked(name: string): string {
  if (!isNameForCommand(name)) throw new TypeError(`${JSON.stringify(name)} is no name of a symbol that DWX Connect can be asked for`);
  return name;
}

/**
 * Puts commands into the first free `DWX_Commands_N.txt`. A command is written beside it and then linked into place: so the EA finds it whole, and
 * no other client's is overwritten.
 */
export class CommandBox {
  /** Commands put so far. */
  count = 0;
  readonly #folder: string;
  #id: number;

  /** @param seconds epoch seconds, for ids that an earlier run has not used. */
  constructor(folder: string, seconds: number) {
    this.#folder = folder;
    this.#id = FIRST_ID + (Math.floor(seconds) % MOST_IDS);
  }

  /** True when it was put; false when no file was free or the folder is away: the EA does not take any. @throws what the file system has against it. */
  async put(command: DwxCommand): Promise<boolean> {
    const text = encodeCommand(this.#id, command);
    const draft = path.join(this.#folder, `Tickhub_${process.pid}_${this.#id}.tmp`);
    this.#id++;
    try {
      await writeFile(draft, text, { flag: 'w' });
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    }
    try {
      for (let i = 0; i < FILES; i++) {
        if (!(await place(draft, text, path.join(this.#folder, `DWX_Commands_${i}.txt`)))) continue;
        this.count++;
        return true;
      }
      return false;
    } finally {
      await unlink(draft).catch(() => undefined);
    }
  }
}

/** False where the file is taken. */
async function place(draft: string, text: string, file: string): Promise<boolean> {
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EEXIST') return false;
    // No links on this file system (FAT, some network drives): one write, as other clients do.
    return writeFile(file, text, { flag: 'wx' }).then(
      () => true,
      (failed: unknown) => {
        if (codeOf(failed) === 'EEXIST') return false;
        throw failed;
      },
    );
  }
}
