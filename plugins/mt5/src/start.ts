import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Bridges, withBridges } from './adapters/bridges.ts';
import { removeLinkFile, writeLinkFile } from './link/link-file.ts';
import { Refusals } from './link/refusals.ts';
import { pipePath } from './link/pipe-path.ts';
import { LinkServer, type Place } from './link/server.ts';
import { linkToken, TOKEN_FILE } from './link/token.ts';
import { LinkCode, NO_BACKFILL_LIMIT, Share } from './link/wire.ts';
import { Replay } from './replay/replay.ts';
import { ClockWatch } from './session/clock-watch.ts';
import type { BarWish } from './session/bar-backfill.ts';
import { BAR_WIDTHS_MS } from './session/config.ts';
import { describe } from './session/status.ts';
import { TerminalMemory } from './session/terminal-memory.ts';
import { Terminals } from './session/terminals.ts';
import type { Clock, Gate, Log, PluginContext, Publish, RunningPlugin, Socket, Store } from '@tickhub/plugin-sdk';
import type { Config } from './config.ts';
import type { SessionOptions } from './session/options.ts';

const HOST = '127.0.0.1';
/** A peer silent for longer is gone (see LINK.md). */
const SILENCE_MS = 3_000;
/** The plugin's folder, seen from src/ and from dist/. */
const PLUGIN_ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

export interface Capabilities {
  readonly publish: Publish;
  readonly gate: Gate;
  readonly clock: Clock;
  readonly log: Log;
  readonly store: Store;
  readonly socket: Socket;
}

export type Context = PluginContext<Config> & Capabilities;

/** Starts what the config's `mode` asks for, and the bridges it names. */
export async function start(context: Context): Promise<RunningPlugin> {
  const { config, clock, log, publish, socket } = context;
  const options = sessionOptions(config);
  const memory = await TerminalMemory.load(context.store, clock, log);
  const terminals = new Terminals(options, { ...context, memory, watch: new ClockWatch(clock, log) });
  const bridges = new Bridges({ config, clock, log, publish, socket, terminals, options });
  // Before the link: the names of bridges are theirs, and an EA that has one is refused.
  await bridges.start();
  let main: RunningPlugin | null;
  try {
    main = await startMain(context, terminals);
  } catch (error) {
    await bridges.stop();
    throw error;
  }
  return {
    status: () => withBridges(main?.status?.() ?? null, bridges.health(), terminals.heldBack.symbols),
    async stop() {
      await Promise.all([main?.stop?.(), bridges.stop()]);
      await memory.flush();
    },
  };
}

async function startMain(context: Context, terminals: Terminals): Promise<RunningPlugin | null> {
  switch (context.config.mode) {
    case 'link':
      return startLink(context, terminals);
    case 'replay':
      return startReplay(context, terminals);
    case 'bridges':
      return null;
  }
}

function sessionOptions(config: Config): SessionOptions {
  const { symbols, mapping, utcOffset, staleAfterMs, maxBackfillMs, book, bars, share } = config;
  return {
    symbols,
    mapping,
    utcOffset,
    staleAfterMs,
    silenceMs: silenceOf(config),
    maxBackfillMs: maxBackfillMs === 'all' ? NO_BACKFILL_LIMIT : maxBackfillMs,
    isLive: config.mode !== 'replay',
    book: { symbols: book.symbols, everyMs: bookMs(config), levels: book.levels },
    share,
    bars: barWishes(bars),
  };
}

/** The hours that the models learn from come last: the history's bars are what is looked at first. */
function barWishes({ widths, days, hourlyDays }: Config['bars']): BarWish[] {
  const hour = BAR_WIDTHS_MS['1h'];
  const wishes = widths.map((width) => ({ widthMs: BAR_WIDTHS_MS[width], days })).filter(({ widthMs }) => widthMs !== hour);
  const hours = Math.max(hourlyDays, widths.includes('1h') ? days : 0);
  return [...wishes, { widthMs: hour, days: hours }].filter((wish) => wish.days > 0);
}

function bookMs({ book }: Config): number {
  return Math.max(1, Math.round(1_000 / book.perSecond));
}

function silenceOf(config: Config): number {
  return Math.max(SILENCE_MS, 3 * config.heartbeatMs);
}

async function startLink(context: Context, terminals: Terminals): Promise<RunningPlugin> {
  const { config, clock, log, dataDir } = context;
  const token = await linkToken(dataDir, config.token, process.env);
  const tokenFile = config.token === undefined ? path.join(dataDir, TOKEN_FILE) : null;
  const refusals = new Refusals(log, clock);
  let openPort = config.port;
  await removeLinkFile(dataDir);
  const share = config.share.reduce((bits, what) => bits | Share[what], 0);
  const serverAt = (place: Place, listening: (port: number) => void | Promise<void>): LinkServer =>
    new LinkServer(
      {
        place,
        token,
        heartbeatMs: config.heartbeatMs,
        maxBatch: config.maxBatch,
        sweepMs: config.sweepMs,
        silenceMs: silenceOf(config),
        bookMs: bookMs(config),
        share,
      },
      {
        clock,
        log,
        intake: context.publish,
        admit: (hello, link) => terminals.admit(hello, link),
        refused: (error, eaId) => refusals.add(error, eaId),
        listening,
      },
    );
  const servers = [
    serverAt({ host: HOST, port: config.port }, async (port) => {
      openPort = port;
      // Terminals connect without the file; it only tells programs and people where.
      await writeLinkFile(dataDir, { host: HOST, port, tokenFile }).catch((error: Error) =>
        log.warn(`link.json could not be written to ${dataDir}: ${error.message}`),
      );
      log.info(`waiting for MetaTrader 5 on ${HOST}:${port}`, { port, tokenFile });
    }),
  ];
  if (config.pipe !== undefined) {
    const pipe = pipePath(config.pipe, dataDir);
    servers.push(serverAt({ pipe }, () => log.info(`waiting for MetaTrader 5 on the pipe ${pipe}`, { pipe, tokenFile })));
  }
  await Promise.all(servers.map((server) => server.start()));

  return {
    status: () =>
      describe({
        terminals: terminals.all,
        heldBack: terminals.heldBack,
        invitation: `no terminal connected: attach the Tickhub EA to a chart in MetaTrader 5 (port ${openPort}${tokenFile === null ? '' : `, token file ${tokenFile}`}; plugins/mt5/README.md says how)`,
        troubles: [...servers.map((server) => server.trouble), refusals.recent].filter((it) => it !== null),
        words: [],
        counters: { connections: servers.reduce((sum, { connections }) => sum + connections, 0), refused: refusals.count },
      }),
    async stop() {
      // A stop may be a reload or the end: RELOAD makes the EA dial again at once, and back off where nobody answers.
      await Promise.all(servers.map((server) => server.stop(LinkCode.reload, 'Tickhub reloads or stops')));
      await removeLinkFile(dataDir);
    },
  };
}

async function startReplay(context: Context, terminals: Terminals): Promise<RunningPlugin> {
  const { config, clock, log, publish, store } = context;
  const { name, files, speed, startAt, loop, heartbeatMs, maxBatch, sweepMs } = config;
  const replay = new Replay(
    { name, files, speed, startAt, loop, heartbeatMs, maxBatch, sweepMs, silenceMs: silenceOf(config), root: PLUGIN_ROOT },
    { clock, log, store, intake: publish, admit: (hello, link) => terminals.admit(hello, link) },
  );
  await replay.start();
  const pace = speed === 'full' ? 'as fast as it goes' : `${speed}x`;

  return {
    status: () =>
      describe({
        terminals: terminals.all,
        heldBack: terminals.heldBack,
        invitation: 'the replay begins',
        troubles: [...replay.troubles.damaged.values()].map((error) => error.message),
        words: [`replay of ${files.length} file${files.length === 1 ? '' : 's'}, ${replay.finished ? 'finished' : pace}`],
        counters: { badLines: replay.troubles.badLines, finished: replay.finished ? 1 : 0 },
      }),
    stop: () => replay.stop(),
  };
}
