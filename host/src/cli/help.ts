import { CONFIG_ENVIRONMENT } from '../config/load.ts';

export const HELP = `Tickhub: the program beside MetaTrader 5. Plugins bring ticks in; what your tier allows goes to your
backend, acknowledged and metered, and nothing is lost.

Usage: tickhub COMMAND [OPTIONS]

Commands
  run                     Run the host until Ctrl-C (or \`tickhub stop\`), then drain.
  status                  What a running host does: plugins, rates, lag, limits.
  sources                 How each source is, how fresh it is, and when it tries again.
  tail [STREAM...]        What comes in, as it comes: ticks, news, calendar and so on; all of it where none is named.
  analyse SYMBOL          What the models say of a symbol now, how sure they are, and who abstains; --json for programs.
  stop                    Ask a running host to drain and end.
  plugins list            The plugins in all folders, and what would keep each from running.
  plugins check FOLDER    Check one plugin folder, and load it once in an isolate.
  plugins retry ID        Start a quarantined plugin of a running host again.
  history info            What the host has kept: symbols and streams of each source, from when to when.
  history bars SYM WIDTH  Bars of any width, made of ticks: 30s, 1m, 4h, 1d and so on.
  history ticks SYM       The ticks.
  history records STREAM  News, calendar, social and so on, in their newest versions.
  history import FILE...  Take MetaTrader 5's tick and bar exports, or CSV, into the history.
  history export SYMBOL   Write ticks as MetaTrader 5 exports them, or as CSV.
  replay FILE...          Play files through a whole host of its own, at any speed; the same every time.
  replay --history [SYMBOL...]  The same with the tenant's own history, ticks and records together.
  spool check [FILE]      What is in a spool file, and whether it is sound. The host may be running.

Options
  -d, --data DIR          Folder for all that the host keeps. Your own plugins go to DIR/plugins.
  -h, --help              This text.
  -V, --version           The version.

Options of run
  -c, --config FILE       Config file (default: config.json in the data folder). Also of plugins list and spool check.
  -p, --plugins DIR       One more folder with plugins; may be given several times. Also of plugins list.
  -s, --set KEY=VALUE     Set one config key, for example --set plugins.mt5.port=47801; several times.
      --tier TIER         Tier of the token that the embedded gateway issues: free, pro, enterprise.
      --log-level LEVEL   debug, info, warn or error.
      --plain             Log lines rather than the live summary, also on a terminal.

Options of status
      --json              As JSON, for programs. Also of plugins list, plugins check and spool check.
  -w, --watch             Again each second, until Ctrl-C. Also of sources.

Options of history
      --from, --to TIME   2026-03-29, 2026-03-29T01:30 (UTC), -1d (a day ago), now, or epoch milliseconds. Without them all there is.
      --source NAME       Needed where several sources have the symbol.
      --side SIDE         Of bars: bid (default), ask, mid or last.
      --zone ZONE         Of bars: days begin at midnight there, such as Europe/Athens. Otherwise UTC.
      --symbol, --key     Of records: only those of this symbol, or with this key.
      --as-of TIME        Of records: as they were known then.
      --all-revisions     Of records: every version and not only the newest.
  -n, --count N           At most N rows.
      --csv, --json, --parquet   Instead of a table. --json is one object a line; --parquet needs --out.
  -o, --out FILE          Into this file, which is there only when it is whole.

Options of tail
      --symbol NAME       Only what is about this symbol; \`EUR*\` for all that begin so; several times.
      --source NAME       Only from this source, such as mt5:demo or news:*; several times.
  -n, --count N           End after N lines.
      --json              One JSON object a line.

Options of history import, and of replay with files
      --symbol NAME       What is in the file (default: by its name, such as EURUSD_202405010000_202405142359.csv).
      --source NAME       Source of the series (default: file); mt5:NAME fills the holes of that terminal's own.
      --zone ZONE         The clock of its times: an IANA zone, EET-EU or EET-US (default: UTC).
      --offset TIME       The same as a fixed distance from UTC, such as +02:00 or 120 (minutes).
      --digits N          Decimals of a price (default: as in the file).
      --bar WIDTH         Width of its bars, such as 1m or 4h, where its name does not say; history import only.

Options of history export
      --mt5, --csv        As MetaTrader exports (the default), or time_msc,bid,ask,last,volume,flags in UTC.
      --bar WIDTH         The recorded bars of this width, such as 1m or 4h, rather than ticks; times in UTC by default.
      --from, --to, --source, --out  As of history.
      --zone, --offset    Times by this clock; the source's own where none is named.

Options of replay
      --speed N           Times the recording's own pace, or max (the default).
      --history           The tenant's history rather than files; --source NAME for one source, several times.
      --from, --to TIME   Only this part. As of history.
  -o, --out FILE          What comes out, as JSON lines.
      --stream NAME       Only records of this stream (default: all but state and what models make), several times.
      --json              What comes out as JSON lines on stdout, the summary on stderr.
      --plugins, --tier, --set, --config, --log-level  As of run: try your own plugins on the past.

Environment: ${CONFIG_ENVIRONMENT.join(', ')}.
`;
