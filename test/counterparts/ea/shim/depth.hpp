// Order books, made of the quotes: as many levels a side as the symbol's depth, a point apart, with volumes that follow from the tick.
#pragma once
#include "market.hpp"

enum ENUM_BOOK_TYPE { BOOK_TYPE_SELL = 1, BOOK_TYPE_BUY = 2, BOOK_TYPE_SELL_MARKET = 3, BOOK_TYPE_BUY_MARKET = 4 };

struct MqlBookInfo {
  ENUM_BOOK_TYPE type;
  double price;
  long volume;
  double volume_real;
};

inline bool MarketBookAdd(const string &name) {
  mql::Instrument *i = mql::find(name);
  if (i == nullptr || i->book_depth == 0) return false;
  return i->booked = true;
}

inline bool MarketBookRelease(const string &name) {
  mql::Instrument *i = mql::find(name);
  if (i == nullptr || !i->booked) return false;
  i->booked = false;
  return true;
}

// As a terminal gives it: from the highest price down, offers before bids.
inline bool MarketBookGet(const string &name, Array<MqlBookInfo> &to) {
  mql::Instrument *i = mql::find(name);
  if (i == nullptr || !i->booked || mql::show(*i) == 0) return false;
  const MqlTick &tick = i->ticks[i->shown - 1];
  const double point = SymbolInfoDouble(name, SYMBOL_POINT);
  const int depth = i->book_depth;
  ArrayResize(to, 2 * depth);
  for (int k = 0; k < depth; k++) {
    const double volume = 1 + k + 0.25 * static_cast<double>(i->shown % 8);
    to[depth - 1 - k] = MqlBookInfo{BOOK_TYPE_SELL, tick.ask + k * point, static_cast<long>(volume), volume};
    to[depth + k] = MqlBookInfo{BOOK_TYPE_BUY, tick.bid - k * point, static_cast<long>(volume), volume};
  }
  return true;
}
