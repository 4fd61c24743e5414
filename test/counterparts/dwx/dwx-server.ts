import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** One symbol of the simulated terminal. */
interface Instrument {
  bid: number;
  ask: number;
}

export interface Rate {
  readonly time: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly ticks: number;
}

export interface DwxServerOptions {
  /** MILLISECOND_TIMER of the EA. */
  readonly timerMs?: number;
  /** The broker's symbols, with the quotes that they have. */
  readonly symbols: Readonly<Record<string, Instrument>>;
  /** The terminal's bars, by `SYMBOL_TIMEFRAME`; times are the broker's, epoch seconds. */
  readonly bars?: Readonly<Record<string, readonly Rate[]>>;
  /** Milliseconds since the computer was started, by which messages are numbered. */
  readonly tickCount?: number;
}

const COMMAND_FILES = 50;
const KEPT_MESSAGES = 50;
const KEPT_IDS = 1_000;

/**
 * The MT5 server EA of DWX Connect, as far as its files show it: what is written, when, in which order, and with its faults, after its published
 * source (github.com/darwinex/dwxconnect, `mql/`) and the reports of its users. Prices come from {@link quote}; everything else happens at its timer.
 */
export class DwxServer {
  readonly folder: string;
  /** Verb and content of each command that was carried out. */
  readonly commands: { readonly verb: string; readonly content: string }[] = [];
  /** What the EA complained about, as its messages have it. */
  readonly errors: string[] = [];
  /** Times the file with the prices was written. */
  marketWrites = 0;
  /** Milliseconds between the first half of a write and the second; -1: files are written at once. */
  tornMs = -1;
  readonly #options: DwxServerOptions;
  readonly #instruments: Map<string, Instrument>;
  readonly #messages: { at: number; text: string }[] = [];
  #ids: number[] = [];
  /** Refused names leave an empty place between others. */
  #subscribed: string[] = [];
  #market = '';
  #orders = '';
  #ordersAt = -Infinity;
  #messageText = '';
  #messageAt = 0;
  #timer: NodeJS.Timeout | null = null;
  #turn: Promise<void> | null = null;
  #stopped = false;

  constructor(files: string, options: DwxServerOptions) {
    this.folder = path.join(files, 'DWX');
    this.#options = options;
    this.#instruments = new Map(Object.entries(options.symbols).map(([name, it]) => [name, { ...it }]));
  }

  /** OnInit. */
  async attach(): Promise<void> {
    this.#stopped = false;
    await mkdir(this.folder, { recursive: true });
    await this.#reset();
    this.#ids = [];
    this.#subscribed = [];
    this.#market = '';
    this.#orders = '';
    this.#ordersAt = -Infinity;
    this.#messages.length = 0;
    this.#messageText = '';
    this.#arm();
  }

  /** OnDeinit: it takes its files with it. */
  async detach(): Promise<void> {
    await this.kill();
    await this.#reset();
  }

  /** The terminal dies: its files stay as they are. */
  async kill(): Promise<void> {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#turn;
  }

  /** The broker's newest quote. */
  quote(name: string, bid: number, ask: number): void {
    this.#instruments.set(name, { bid, ask });
  }

  /** What another client of the same EA asks for. */
  async ask(text: string): Promise<void> {
    for (let i = 0; i < COMMAND_FILES; i++) {
      try {
        await writeFile(path.join(this.folder, `DWX_Commands_${i}.txt`), text, { flag: 'wx' });
        return;
      } catch {
        // Taken.
      }
    }
    throw new Error('50 commands wait already');
  }

  get subscribed(): readonly string[] {
    return this.#subscribed;
  }

  #arm(): void {
    this.#timer = setTimeout(() => {
      this.#turn = this.#onTimer().then(() => {
        this.#turn = null;
        if (!this.#stopped) this.#arm();
      });
    }, this.#options.timerMs ?? 25);
  }

  async #onTimer(): Promise<void> {
    await this.#checkCommands();
    await this.#checkOrders();
    await this.#checkMarket();
  }

  async #checkCommands(): Promise<void> {
    for (let i = 0; i < COMMAND_FILES; i++) {
      const file = path.join(this.folder, `DWX_Commands_${i}.txt`);
      let text: string;
      try {
        text = await readFile(file, 'latin1');
      } catch {
        return;
      }
      await rm(file, { force: true });
      if (!text.startsWith('<:')) return this.#error('WRONG_FORMAT_START_IDENTIFIER', `Start identifier not found for command: ${text}`);
      if (!text.endsWith(':>')) return this.#error('WRONG_FORMAT_END_IDENTIFIER', `End identifier not found for command: ${text}`);
      const parts = text.slice(2, -2).split('|');
      if (parts.length !== 3) return this.#error('WRONG_FORMAT_COMMAND', `Wrong format for command: ${text.slice(2, -2)}`);
      const [id = '', verb = '', content = ''] = parts;
      const number = Math.trunc(Number(id));
      if (verb !== 'RESET_COMMAND_IDS' && this.#ids.includes(number)) return;
      this.#ids = [...this.#ids, number].slice(-KEPT_IDS);
      this.commands.push({ verb, content });
      if (verb === 'SUBSCRIBE_SYMBOLS') await this.#subscribe(content);
      else if (verb === 'GET_HISTORIC_DATA') await this.#history(content);
      else if (verb === 'RESET_COMMAND_IDS') this.#ids = [];
    }
  }

  async #subscribe(content: string): Promise<void> {
    const names = content === '' ? [] : content.split(',');
    if (names.length === 0) {
      this.#subscribed = [];
      return this.#info('Unsubscribed from all tick data because of empty symbol list.');
    }
    const good: string[] = [];
    const bad: string[] = [];
    for (const [i, name] of names.entries()) {
      if (!this.#instruments.has(name)) {
        bad.push(name);
        continue;
      }
      // ArrayResize(i + 1): places of refused names before it stay empty.
      this.#subscribed = Array.from({ length: i + 1 }, (_, at) => this.#subscribed[at] ?? '');
      this.#subscribed[i] = name;
      good.push(name);
    }
    if (bad.length > 0) await this.#error('SUBSCRIBE_SYMBOL', `Could not subscribe to symbols: ${bad.join(', ')}`);
    if (good.length > 0) await this.#info(`Successfully subscribed to: ${good.join(', ')}`);
  }

  async #history(content: string): Promise<void> {
    const [symbol = '', timeframe = '', from = '', to = '', ...rest] = content.split(',');
    if (to === '' || rest.length > 0)
      return this.#error('HISTORIC_DATA_WRONG_FORMAT', `Wrong format for GET_HISTORIC_DATA command: ${content}`);
    const key = `${symbol}_${timeframe}`;
    const bars = (this.#options.bars?.[key] ?? []).filter(({ time }) => time >= Number(from) && time <= Number(to));
    if (bars.length === 0) return this.#error('HISTORIC_DATA', `Could not get historic data for ${key}: ErrorCode: 4401`);
    const entries = bars.map(({ time, open, high, low, close, ticks }) => {
      const prices = `"open": ${printed(open)}, "high": ${printed(high)}, "low": ${printed(low)}, "close": ${printed(close)}`;
      return `"${new Date(time * 1_000).toISOString().slice(0, 16).replace('T', ' ').replaceAll('-', '.')}": {${prices}, "tick_volume": ${printed(ticks)}}`;
    });
    await this.#write('DWX_Historic_Data.txt', `{"${key}": {${entries.join(', ')}}}`);
    await this.#info(`Successfully read historic data for ${key}.`);
  }

  async #checkOrders(): Promise<void> {
    const account =
      '"name": "A. Trader", "number": 1234567, "currency": "USD", "leverage": 100, "free_margin": 9900.000000, "balance": 10000.000000, "equity": 10005.500000';
    const text = `{"account_info": {${account}}, "orders": {}}`;
    if (text === this.#orders && performance.now() < this.#ordersAt + 1_000) return;
    await this.#write('DWX_Orders.txt', text);
    this.#ordersAt = performance.now();
    this.#orders = text;
  }

  async #checkMarket(): Promise<void> {
    const entries: string[] = [];
    for (const name of this.#subscribed) {
      const quote = this.#instruments.get(name);
      if (quote === undefined) {
        await this.#error('GET_BID_ASK', `Could not get bid/ask for ${name}. Last error: ErrorCode: 4301`);
        continue;
      }
      entries.push(`"${name}": {"bid": ${printed(quote.bid)}, "ask": ${printed(quote.ask)}, "tick_value": 1.00000}`);
    }
    const text = `{${entries.join(', ')}}`;
    if (text === this.#market) return;
    await this.#write('DWX_Market_Data.txt', text);
    this.marketWrites++;
    this.#market = text;
  }

  #error(type: string, description: string): Promise<void> {
    this.errors.push(`${type}: ${description}`);
    return this.#say(`{"type": "ERROR", "time": "${gmt()}", "error_type": "${type}", "description": "${description}"}`);
  }

  #info(message: string): Promise<void> {
    return this.#say(`{"type": "INFO", "time": "${gmt()}", "message": "${message}"}`);
  }

  async #say(text: string): Promise<void> {
    const at = Math.max(Math.floor(performance.now()) + (this.#options.tickCount ?? 0), this.#messageAt + 1);
    this.#messageAt = at;
    this.#messages.push({ at, text });
    if (this.#messages.length > KEPT_MESSAGES) this.#messages.shift();
    const all = `{${this.#messages.map((it) => `"${it.at}": ${it.text}`).join(', ')}}`;
    if (all === this.#messageText) return;
    await this.#write('DWX_Messages.txt', all);
    this.#messageText = all;
  }

  /** FileOpen(FILE_WRITE | FILE_TXT | FILE_ANSI), FileWrite, FileClose: the file is empty first. */
  async #write(name: string, text: string): Promise<void> {
    const bytes = Buffer.from(`${text}\r\n`, 'latin1');
    const handle = await open(path.join(this.folder, name), 'w');
    try {
      if (this.tornMs >= 0) {
        const half = Math.floor(bytes.length * 0.6);
        await pause(this.tornMs / 2);
        await handle.write(bytes, 0, half);
        await pause(this.tornMs / 2);
        await handle.write(bytes, half, bytes.length - half);
      } else {
        await handle.write(bytes);
      }
    } finally {
      await handle.close();
    }
  }

  async #reset(): Promise<void> {
    for (const name of ['Market_Data', 'Bar_Data', 'Orders', 'Messages'])
      await rm(path.join(this.folder, `DWX_${name}.txt`), { force: true });
    for (let i = 0; i < COMMAND_FILES; i++) await rm(path.join(this.folder, `DWX_Commands_${i}.txt`), { force: true });
  }
}

/** `%.5f`, which has words of its own for what is no number. */
function printed(price: number): string {
  if (Number.isNaN(price)) return 'nan';
  if (!Number.isFinite(price)) return price > 0 ? 'inf' : '-inf';
  return price.toFixed(5);
}

function gmt(): string {
  return new Date().toISOString().slice(0, 19).replace('T', ' ').replaceAll('-', '.');
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
