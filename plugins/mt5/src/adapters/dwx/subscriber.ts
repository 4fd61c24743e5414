import path from 'node:path';
import { readMessages, refusedNames } from './files.ts';
import { WantedSymbols } from './wanted-symbols.ts';
import { WholeFile } from './whole-file.ts';
import type { Clock } from '@tickhub/plugin-sdk';
import type { MappingRules } from '../../session/symbol-map.ts';
import type { CommandBox } from './commands.ts';

export interface SubscriberTerms {
  readonly folder: string;
  readonly box: CommandBox;
  readonly symbols: readonly string[];
  readonly mapping: MappingRules;
  readonly clock: Clock;
  /** The terminal has no symbol of this name. */
  refused(name: string): void;
}

const MOST_BYTES = 1024 * 1024;

/** Has the EA give the symbols that the config names, one after the other, and without taking any from whoever else uses it. */
export class Subscriber {
  readonly #terms: SubscriberTerms;
  readonly #wanted: WantedSymbols;
  readonly #messages: WholeFile;
  /** Number of the newest message seen; null before the first look. */
  #newest: number | null = null;
  #unread = false;

  constructor(terms: SubscriberTerms) {
    this.#terms = terms;
    this.#wanted = new WantedSymbols(terms.symbols, terms.mapping);
    this.#messages = new WholeFile(path.join(terms.folder, 'DWX_Messages.txt'), MOST_BYTES);
  }

  /** The EA is gone: it will have forgotten everything. */
  forget(): void {
    this.#wanted.forget();
  }

  missing(present: ReadonlySet<string>): string[] {
    return this.#wanted.missing(present);
  }

  /** Reads what the EA says, and asks for the next symbol that is missing. @throws what the file system has against the command. */
  async turn(present: ReadonlySet<string>): Promise<void> {
    if (this.#terms.symbols.length === 0) return;
    await this.#read();
    const now = this.#terms.clock.monotonic();
    const name = this.#wanted.next(present, now);
    if (name === null) return;
    // The command replaces the EA's list, and others may rely on what is in it.
    const symbols = [...present].filter((it) => it !== name).concat(name);
    if (!(await this.#terms.box.put({ verb: 'SUBSCRIBE_SYMBOLS', symbols }))) return;
    this.#wanted.asked(name, now);
  }

  async #read(): Promise<void> {
    if ((await this.#messages.changed()) || this.#unread) this.#unread = !(await this.#readMessages());
    // Without a file there is no message that is older than the first question.
    this.#newest ??= 0;
  }

  /** False when the file is to be looked at again: it was being written, say. */
  async #readMessages(): Promise<boolean> {
    const look = await this.#messages.look();
    if (look.state !== 'whole') return look.state === 'absent';
    let messages: ReturnType<typeof readMessages>;
    try {
      messages = readMessages(look.text);
    } catch {
      // Or, for as long as it is among the newest: a quotation mark in somebody's message, which makes the EA's file no JSON.
      return false;
    }
    const newest = messages.at(-1)?.at ?? 0;
    // They count milliseconds since the computer was started.
    const before = this.#newest ?? newest;
    const after = newest < before ? -1 : before;
    for (const { at, message } of messages) {
      if (at <= after) continue;
      for (const name of refusedNames(message)) if (this.#wanted.refuse(name)) this.#terms.refused(name);
    }
    this.#newest = newest;
    return true;
  }
}
