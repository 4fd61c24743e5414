// A broker made of recorded ticks. Which ticks exist "now" follows from the wall clock and the market's start alone, so a
// terminal that was killed and started again finds the same market.
#pragma once
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>

#include "language.hpp"

#pragma pack(push, 1)
struct MqlTick {
  datetime time;
  double bid;
  double ask;
  double last;
  ulong volume;
  long time_msc;
  uint flags;
  double volume_real;
};
#pragma pack(pop)
static_assert(sizeof(MqlTick) == 60, "the terminal's MqlTick has 60 bytes");

constexpr uint COPY_TICKS_ALL = 0xFFFFFFFF;

enum ENUM_DAY_OF_WEEK { SUNDAY, MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY };

enum ENUM_SYMBOL_INFO_INTEGER { SYMBOL_DIGITS, SYMBOL_TRADE_MODE, SYMBOL_TICKS_BOOKDEPTH, SYMBOL_CHART_MODE };
enum ENUM_SYMBOL_INFO_DOUBLE { SYMBOL_POINT, SYMBOL_TRADE_CONTRACT_SIZE };
enum ENUM_SYMBOL_INFO_STRING { SYMBOL_PATH, SYMBOL_CURRENCY_PROFIT };

namespace mql {

struct Instrument {
  string name;
  string path;
  string currency = "USD";
  std::string file;
  int digits = 5;
  int book_depth = 0;
  double contract_size = 100000;
  const MqlTick *ticks = nullptr;
  std::size_t count = 0;
  std::size_t shown = 0;  // ticks that exist by now; only grows
  std::vector<MqlTick> scheduled;
  bool booked = false;
  std::vector<std::array<long, 3>> sessions;  // day, from, to: seconds of the day
  std::size_t told = 0;  // `shown` at the last event for this symbol
};

// The broker is away from `from` for `length` ms; the ticks of that time come `fill` ms after it is back.
struct Outage {
  long from = -1;
  long length = 0;
  long fill = 0;
};

struct Market {
  std::vector<Instrument> instruments;
  long start = 0;     // wall ms at which playback began
  double speed = 1;   // market ms per wall ms; 0: all of it is history already
  long rate = 0;      // ticks a second over all symbols, retimed to the wall clock; 0: the recorded times
  long burst = 0;     // and as many more at once ...
  long burst_every = 0;  // ... every so many ms
  long offset_minutes = 0;
  long copy_timeouts = 0;
  Outage outage;
  long gmt_error_s = 0;  // how wrong the PC's clock is
  long first = 0;
  long last = 0;
};
inline Market market;

inline long wall_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

inline long server_ms_at(long wall) {
  const long elapsed = wall - market.start;
  if (market.rate > 0) return wall + market.offset_minutes * 60000;
  if (market.speed == 0) return market.last + std::max(elapsed, 0L);
  return market.first + static_cast<long>(static_cast<double>(elapsed) * market.speed);
}
inline long server_ms() { return server_ms_at(wall_ms()); }

// The wall time at which a tick of that server time appears.
inline long wall_of(long server) {
  if (market.rate > 0) return server - market.offset_minutes * 60000;
  if (market.speed == 0) return market.start;
  return market.start + static_cast<long>(static_cast<double>(server - market.first) / market.speed) + 1;
}

inline bool connected() {
  const long at = wall_ms() - market.start - market.outage.from;
  return market.outage.from < 0 || at < 0 || at >= market.outage.length;
}

inline std::size_t lower(const Instrument &i, long msc, std::size_t from = 0) {
  return static_cast<std::size_t>(
      std::lower_bound(i.ticks + from, i.ticks + i.count, msc, [](const MqlTick &t, long m) { return t.time_msc < m; }) - i.ticks);
}

// Brings `shown` up to now.
inline std::size_t show(Instrument &i) {
  if (market.speed == 0 && market.rate == 0) return i.shown = i.count;
  if (!connected()) return i.shown;
  const long now = server_ms();
  if (i.shown < i.count && i.ticks[i.shown].time_msc <= now) i.shown = lower(i, now + 1, i.shown);
  return i.shown;
}

// The ticks that the outage still hides: [begin, end).
inline std::pair<std::size_t, std::size_t> hidden(const Instrument &i) {
  const Outage &o = market.outage;
  const long at = wall_ms() - market.start;
  if (o.from < 0 || at < o.from + o.length || at >= o.from + o.length + o.fill) return {0, 0};
  return {lower(i, server_ms_at(market.start + o.from) + 1), lower(i, server_ms_at(market.start + o.from + o.length) + 1)};
}

inline Instrument *find(const string &name) {
  for (Instrument &i : market.instruments)
    if (i.name == name) return &i;
  last_error = ERR_MARKET_UNKNOWN_SYMBOL;
  return nullptr;
}

inline void map_file(Instrument &i) {
  const int fd = ::open(i.file.c_str(), O_RDONLY);
  struct stat st {};
  if (fd < 0 || ::fstat(fd, &st) != 0) fatal(("cannot open the recorded ticks " + i.file).c_str());
  if (st.st_size % static_cast<long>(sizeof(MqlTick)) != 0) fatal((i.file + " is not a whole number of 60-byte ticks").c_str());
  i.count = static_cast<std::size_t>(st.st_size) / sizeof(MqlTick);
  if (i.count > 0) {
    void *p = ::mmap(nullptr, static_cast<std::size_t>(st.st_size), PROT_READ, MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED) fatal(("cannot map " + i.file).c_str());
    i.ticks = static_cast<const MqlTick *>(p);
  }
  ::close(fd);
}

// Gives the recorded ticks, merged in their order, the times of a steady rate with bursts. Tick k appears in the first
// millisecond t after the start by which floor(t * rate / 1000) + burst * floor(t / burst_every) exceeds k.
inline void retime() {
  const std::size_t n = market.instruments.size();
  std::vector<std::size_t> at(n, 0);
  std::size_t total = 0;
  for (Instrument &i : market.instruments) {
    i.scheduled.reserve(i.count);
    total += i.count;
  }
  long t = 0;
  auto due = [&] {
    const long bursts = market.burst_every > 0 ? market.burst * (t / market.burst_every) : 0;
    return static_cast<std::size_t>(t * market.rate / 1000 + bursts);
  };
  for (std::size_t k = 0; k < total; k++) {
    while (due() <= k) t++;
    std::size_t next = n;
    for (std::size_t s = 0; s < n; s++) {
      if (at[s] == market.instruments[s].count) continue;
      if (next == n || market.instruments[s].ticks[at[s]].time_msc < market.instruments[next].ticks[at[next]].time_msc) next = s;
    }
    Instrument &i = market.instruments[next];
    MqlTick tick = i.ticks[at[next]++];
    tick.time_msc = market.start + t + market.offset_minutes * 60000;
    tick.time = tick.time_msc / 1000;
    i.scheduled.push_back(tick);
  }
  for (Instrument &i : market.instruments) i.ticks = i.scheduled.data();
}

inline void open_market() {
  for (Instrument &i : market.instruments) map_file(i);
  if (market.rate > 0) retime();
  market.first = std::numeric_limits<long>::max();
  for (const Instrument &i : market.instruments) {
    if (i.count == 0) continue;
    market.first = std::min(market.first, static_cast<long>(i.ticks[0].time_msc));
    market.last = std::max(market.last, static_cast<long>(i.ticks[i.count - 1].time_msc));
  }
  if (market.last == 0) market.first = market.last = market.start;
}

}  // namespace mql

inline datetime TimeTradeServer() { return mql::server_ms() / 1000; }
inline datetime TimeGMT() { return mql::server_ms() / 1000 - mql::market.offset_minutes * 60 + mql::market.gmt_error_s; }
inline datetime TimeLocal() { return mql::wall_ms() / 1000; }

inline datetime TimeCurrent() {
  datetime newest = 0;
  for (mql::Instrument &i : mql::market.instruments)
    if (mql::show(i) > 0) newest = std::max(newest, static_cast<datetime>(i.ticks[i.shown - 1].time));
  return newest;
}

inline int SymbolsTotal(bool) { return static_cast<int>(mql::market.instruments.size()); }
inline string SymbolName(int pos, bool) { return mql::market.instruments[static_cast<std::size_t>(pos)].name; }
inline bool SymbolSelect(const string &name, bool) { return mql::find(name) != nullptr; }

inline long SymbolInfoInteger(const string &name, ENUM_SYMBOL_INFO_INTEGER what) {
  const mql::Instrument *i = mql::find(name);
  if (i == nullptr) return 0;
  switch (what) {
    case SYMBOL_DIGITS: return i->digits;
    case SYMBOL_TRADE_MODE: return 4;  // full
    case SYMBOL_TICKS_BOOKDEPTH: return i->book_depth;
    case SYMBOL_CHART_MODE: return 0;  // bids
  }
  return 0;
}

inline double SymbolInfoDouble(const string &name, ENUM_SYMBOL_INFO_DOUBLE what) {
  const mql::Instrument *i = mql::find(name);
  if (i == nullptr) return 0;
  if (what == SYMBOL_TRADE_CONTRACT_SIZE) return i->contract_size;
  double scale = 1;
  for (int d = 0; d < i->digits; d++) scale *= 10;
  return 1 / scale;
}

inline string SymbolInfoString(const string &name, ENUM_SYMBOL_INFO_STRING what) {
  const mql::Instrument *i = mql::find(name);
  if (i == nullptr) return "";
  return what == SYMBOL_PATH ? i->path : i->currency;
}

inline bool SymbolInfoTick(const string &name, MqlTick &tick) {
  mql::Instrument *i = mql::find(name);
  if (i == nullptr || mql::show(*i) == 0) return false;
  tick = i->ticks[i->shown - 1];
  return true;
}

inline int CopyTicksRange(const string &name, Array<MqlTick> &to, uint, ulong from_msc, ulong to_msc) {
  mql::Instrument *i = mql::find(name);
  if (i == nullptr) return -1;
  const std::size_t shown = mql::show(*i);
  std::size_t begin = std::min(mql::lower(*i, static_cast<long>(from_msc)), shown);
  const std::size_t end = to_msc == 0 ? shown : std::min(mql::lower(*i, static_cast<long>(to_msc) + 1), shown);
  if (mql::market.copy_timeouts > 0) {  // as while the terminal still synchronises: the newest few, and the error
    mql::market.copy_timeouts--;
    mql::last_error = ERR_HISTORY_TIMEOUT;
    if (end > begin + 3) begin = end - 3;
  }
  const auto [h0, h1] = mql::hidden(*i);
  const std::size_t a = std::min(std::max(begin, h0), end), b = std::min(std::max(begin, h1), end);
  // [begin, a) and [b, end); without an outage a == b
  const std::size_t head = h1 > h0 ? a - begin : end - begin;
  const std::size_t tail = h1 > h0 ? end - b : 0;
  ArrayResize(to, static_cast<int>(head + tail));
  if (head > 0) std::memcpy(to.raw().data(), i->ticks + begin, head * sizeof(MqlTick));
  if (tail > 0) std::memcpy(to.raw().data() + head, i->ticks + b, tail * sizeof(MqlTick));
  return static_cast<int>(head + tail);
}

inline int CopyTicks(const string &name, Array<MqlTick> &to, uint, ulong from_msc, uint count) {
  mql::Instrument *i = mql::find(name);
  if (i == nullptr) return -1;
  const std::size_t shown = mql::show(*i);
  const std::size_t begin = std::min(mql::lower(*i, static_cast<long>(from_msc)), shown);
  const std::size_t n = std::min(static_cast<std::size_t>(count), shown - begin);
  ArrayResize(to, static_cast<int>(n));
  if (n > 0) std::memcpy(to.raw().data(), i->ticks + begin, n * sizeof(MqlTick));
  return static_cast<int>(n);
}

inline bool SymbolInfoSessionTrade(const string &name, ENUM_DAY_OF_WEEK day, uint index, datetime &from, datetime &to) {
  const mql::Instrument *i = mql::find(name);
  if (i == nullptr) return false;
  for (const auto &[on, opens, closes] : i->sessions) {
    if (on != day || index-- > 0) continue;
    from = opens;
    to = closes;
    return true;
  }
  return false;
}
