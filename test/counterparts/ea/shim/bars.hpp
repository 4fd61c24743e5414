// Bars, built from the bids of the ticks that exist by now.
#pragma once
#include "market.hpp"

#pragma pack(push, 1)
struct MqlRates {
  datetime time;
  double open;
  double high;
  double low;
  double close;
  long tick_volume;
  int spread;
  long real_volume;
};
#pragma pack(pop)
static_assert(sizeof(MqlRates) == 60, "the terminal's MqlRates has 60 bytes");

// The values MQL5 gives them: minutes, and hours from 0x4000 on.
enum ENUM_TIMEFRAMES {
  PERIOD_CURRENT = 0, PERIOD_M1 = 1, PERIOD_M2 = 2, PERIOD_M3 = 3, PERIOD_M4 = 4, PERIOD_M5 = 5, PERIOD_M6 = 6, PERIOD_M10 = 10,
  PERIOD_M12 = 12, PERIOD_M15 = 15, PERIOD_M20 = 20, PERIOD_M30 = 30, PERIOD_H1 = 0x4001, PERIOD_H2 = 0x4002, PERIOD_H3 = 0x4003,
  PERIOD_H4 = 0x4004, PERIOD_H6 = 0x4006, PERIOD_H8 = 0x4008, PERIOD_H12 = 0x400C, PERIOD_D1 = 0x4018
};
enum ENUM_SERIES_INFO_INTEGER { SERIES_SYNCHRONIZED };

namespace mql {
inline long rates_timeouts = 0;  // the first so many calls find a history that is still being loaded
inline long width_s(ENUM_TIMEFRAMES period) { return period < 0x4000 ? period * 60 : (period - 0x4000) * 3600; }
}  // namespace mql

inline long SeriesInfoInteger(const string &, ENUM_TIMEFRAMES, ENUM_SERIES_INFO_INTEGER) { return mql::rates_timeouts > 0 ? 0 : 1; }

// Both ends inclusive, by the times at which bars open.
inline int CopyRates(const string &name, ENUM_TIMEFRAMES period, datetime from, datetime to, Array<MqlRates> &rates) {
  mql::Instrument *i = mql::find(name);
  if (i == nullptr) return -1;
  ArrayResize(rates, 0);
  if (mql::rates_timeouts > 0) {
    mql::rates_timeouts--;
    mql::last_error = ERR_HISTORY_TIMEOUT;
    return -1;
  }
  const long width = mql::width_s(period);
  const long first = (from + width - 1) / width * width;
  const double points = 1 / SymbolInfoDouble(name, SYMBOL_POINT);
  const std::size_t shown = mql::show(*i);
  for (std::size_t k = std::min(mql::lower(*i, first * 1000), shown); k < shown; k++) {
    const MqlTick &tick = i->ticks[k];
    const long opens = tick.time_msc / 1000 / width * width;
    if (opens > to) break;
    if (rates.raw().empty() || rates.raw().back().time != opens)
      rates.raw().push_back(MqlRates{opens, tick.bid, tick.bid, tick.bid, tick.bid, 0, static_cast<int>((tick.ask - tick.bid) * points + 0.5), 0});
    MqlRates &bar = rates.raw().back();
    bar.high = std::max<double>(bar.high, tick.bid);
    bar.low = std::min<double>(bar.low, tick.bid);
    bar.close = tick.bid;
    bar.tick_volume++;
  }
  if (!rates.raw().empty()) return ArraySize(rates);
  mql::last_error = ERR_HISTORY_NOT_FOUND;
  return -1;
}
