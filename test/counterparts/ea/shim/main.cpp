// Runs the rewritten Expert Advisor or service as a process: reads the options, opens the market, sends the events that a
// terminal would send, and writes one line of JSON for each change of state.
#include <csignal>

#include "terminal.hpp"
// The program itself, as test/counterparts/ea/compile.ts rewrote it.
#include "program.gen.hpp"

namespace {

bool exit_when_acked = false;
long parent = 0;

void say(const char *event, const char *state) {
  std::printf("{\"event\":\"%s\",\"state\":\"%s\",\"connects\":%u,\"sent\":%u,\"stalls\":%u,\"copyErrors\":%u,\"symbols\":%d,\"atMs\":%ld}\n",
              event, state, g_link.Connects(), g_link.Sent(), g_link.Stalls(), g_link.CopyErrors(), g_link.SymbolCount(), mql::wall_ms());
  std::fflush(stdout);
}

const char *state_name() {
  switch (g_link.State()) {
    case LINK_WAITING: return "waiting";
    case LINK_GREETING: return "greeting";
    case LINK_LIVE: return "live";
  }
  return "";
}

// Has every symbol's durable cursor reached the end of what was recorded?
bool all_acked() {
  std::size_t done = 0;
  for (int k = 0; k < g_link.SymbolCount(); k++) {
    const mql::Instrument *i = mql::find(g_link.SymbolName(k));
    if (i == nullptr || i->count == 0) continue;
    const long last = i->ticks[i->count - 1].time_msc;
    const std::size_t same = i->count - mql::lower(*i, last);
    const long msc = g_link.AckedMsc(k);
    if (msc > last || (msc == last && g_link.AckedSame(k) >= same)) done++;
  }
  std::size_t wanted = 0;
  for (const mql::Instrument &i : mql::market.instruments) wanted += i.count > 0 ? 1 : 0;
  return done == wanted;
}

void observe() {
  static int told = -1;
  static unsigned told_connects = 0;
  static bool acked = false;
  static long looked_at = 0;
  if (told != g_link.State() || told_connects != g_link.Connects()) {
    told = g_link.State();
    told_connects = g_link.Connects();
    say("state", state_name());
  }
  const long now = mql::mono_us();
  if (now - looked_at < 5000) return;
  looked_at = now;
  if (!acked && all_acked()) {
    acked = true;
    say("acked", state_name());
    if (exit_when_acked) mql::stopped = true;
  }
  if (::getppid() != parent) mql::stopped = true;  // whoever started this is gone
}

[[noreturn]] void usage(const std::string &why) {
  std::fprintf(stderr,
               "shim: %s\n"
               "usage: ea --market-start WALL_MS (--speed X | --speed full | --rate TICKS_PER_S [--burst N --burst-every MS])\n"
               "  --symbol NAME --file RAW_TICKS [--digits N] [--contract SIZE] [--book DEPTH] [--path P] [--currency C]  (repeat)\n"
               "  [--chart NAME] [--broker-offset-minutes M] [--timer-floor-ms MS] [--send-buffer BYTES] [--login N] [--server NAME]\n"
               "  [--session DAY FROM_S TO_S] (repeat, of the symbol before)\n"
               "  [--files DIR] [--common-files DIR] [--pipes DIR] [--account FILE] [--exit-when-acked]\n"
               "  [--host-not-allowed] [--copy-timeouts N] [--rates-timeouts N] [--gmt-error S] [--outage-from MS --outage-ms MS --outage-fill-ms MS]\n"
               "inputs of the program: environment MQL_INPUT_<name>\n",
               why.c_str());
  std::exit(64);
}

void read_options(int argc, char **argv) {
  mql::Market &m = mql::market;
  for (int a = 1; a < argc; a++) {
    const std::string name = argv[a];
    if (name == "--exit-when-acked") {
      exit_when_acked = true;
      continue;
    }
    if (name == "--host-not-allowed") {
      mql::host_allowed = false;
      continue;
    }
    if (a + 1 == argc) usage(name + " needs a value");
    const std::string value = argv[++a];
    auto number = [&] {
      char *end = nullptr;
      const double n = std::strtod(value.c_str(), &end);
      if (value.empty() || *end != 0) usage(name + " " + value + " is not a number");
      return n;
    };
    auto whole = [&] { return static_cast<long>(number()); };
    auto symbol = [&]() -> mql::Instrument & {
      if (m.instruments.empty()) usage(name + " comes before any --symbol");
      return m.instruments.back();
    };
    if (name == "--symbol") {
      m.instruments.emplace_back();
      m.instruments.back().name = string(value);
      m.instruments.back().path = string("Recorded\\" + value);
    } else if (name == "--file") symbol().file = value;
    else if (name == "--digits") symbol().digits = static_cast<int>(whole());
    else if (name == "--contract") symbol().contract_size = number();
    else if (name == "--book") symbol().book_depth = static_cast<int>(whole());
    else if (name == "--path") symbol().path = string(value);
    else if (name == "--currency") symbol().currency = string(value);
    else if (name == "--session") {
      if (a + 2 >= argc) usage("--session needs a day and two times");
      symbol().sessions.push_back({whole(), std::atol(argv[a + 1]), std::atol(argv[a + 2])});
      a += 2;
    } else if (name == "--chart") _Symbol = string(value);
    else if (name == "--market-start") m.start = whole();
    else if (name == "--speed") m.speed = value == "full" ? 0 : number();
    else if (name == "--rate") m.rate = whole();
    else if (name == "--burst") m.burst = whole();
    else if (name == "--burst-every") m.burst_every = whole();
    else if (name == "--broker-offset-minutes") m.offset_minutes = whole();
    else if (name == "--copy-timeouts") m.copy_timeouts = whole();
    else if (name == "--outage-from") m.outage.from = whole();
    else if (name == "--outage-ms") m.outage.length = whole();
    else if (name == "--outage-fill-ms") m.outage.fill = whole();
    else if (name == "--timer-floor-ms") mql::timer_floor_ms = whole();
    else if (name == "--send-buffer") mql::send_buffer = static_cast<int>(whole());
    else if (name == "--login") mql::login = whole();
    else if (name == "--server") mql::server = string(value);
    else if (name == "--files") mql::files_dir = value;
    else if (name == "--pipes") mql::pipe_dir = value;
    else if (name == "--account") mql::account_file = value;
    else if (name == "--rates-timeouts") mql::rates_timeouts = whole();
    else if (name == "--gmt-error") m.gmt_error_s = whole();
    else if (name == "--common-files") mql::common_dir = value;
    else usage("unknown option " + name);
  }
  if (m.start <= 0) usage("--market-start is missing");
  if (m.instruments.empty()) usage("no --symbol");
  if (m.speed < 0 || m.rate < 0) usage("speed and rate are not negative");
  if (_Symbol == "") _Symbol = m.instruments[0].name;
}

#ifdef TICKHUB_SERVICE
int run() {
  OnStart();
  observe();
  return mql::stopped ? 0 : 2;
}
#else
// New ticks since the last event of this kind; a terminal coalesces them into one event too.
bool news(mql::Instrument &i) {
  const std::size_t shown = mql::show(i);
  const bool any = shown > i.told;
  i.told = shown;
  return any;
}

int run() {
  const int init = OnInit();
  if (init != INIT_SUCCEEDED) {
    say("refused", "init");
    return 2;
  }
  const bool moving = mql::market.speed > 0 || mql::market.rate > 0;
  long timer_at = mql::mono_us();
  while (!mql::stopped) {
    long wake = mql::mono_us() + 100000;
    for (mql::Instrument &i : mql::market.instruments) {
      const bool chart = i.name == _Symbol;
      if (!moving || (!chart && !i.booked)) continue;
      if (news(i)) {
        if (chart) OnTick();
        if (i.booked) OnBookEvent(i.name);
      }
      if (i.shown < i.count) {
        const long in_ms = mql::wall_of(i.ticks[i.shown].time_msc) - mql::wall_ms();
        wake = std::min(wake, mql::mono_us() + std::max(in_ms, mql::connected() ? 0L : 10L) * 1000);
      }
    }
    if (mql::timer_ms > 0) {
      const long now = mql::mono_us();
      if (now >= timer_at) {
        timer_at = now + mql::timer_ms * 1000;
        OnTimer();
      }
      wake = std::min(wake, timer_at);
    }
    observe();
    const long left = wake - mql::mono_us();
    if (left > 0) std::this_thread::sleep_for(std::chrono::microseconds(left));
  }
  OnDeinit(0);
  observe();
  return 0;
}
#endif

}  // namespace

int main(int argc, char **argv) {
  parent = ::getppid();
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGTERM, [](int) { mql::stopped = true; });
  std::signal(SIGINT, [](int) { mql::stopped = true; });
  mql::market.start = 0;
  read_options(argc, argv);
  mql::open_market();
  mql::on_idle = observe;
  return run();
}
