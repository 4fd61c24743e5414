// The account and its positions, read again from a text file at each look, so that a test can change them:
//   mode leverage currency balance equity margin freeMargin profit
//   ticket side symbol volume openedMsc open current stopLoss takeProfit profit swap      (one line for each position)
#pragma once
#include <fstream>
#include <sstream>

#include "language.hpp"

enum ENUM_ACCOUNT_INFO_INTEGER { ACCOUNT_LOGIN, ACCOUNT_TRADE_MODE, ACCOUNT_LEVERAGE };
enum ENUM_ACCOUNT_INFO_DOUBLE { ACCOUNT_BALANCE, ACCOUNT_EQUITY, ACCOUNT_MARGIN, ACCOUNT_MARGIN_FREE, ACCOUNT_PROFIT };
enum ENUM_ACCOUNT_INFO_STRING { ACCOUNT_SERVER, ACCOUNT_CURRENCY };
enum ENUM_POSITION_INFO_INTEGER { POSITION_TYPE, POSITION_TIME_MSC };
enum ENUM_POSITION_INFO_DOUBLE {
  POSITION_VOLUME, POSITION_PRICE_OPEN, POSITION_PRICE_CURRENT, POSITION_SL, POSITION_TP, POSITION_PROFIT, POSITION_SWAP
};
enum ENUM_POSITION_INFO_STRING { POSITION_SYMBOL };
enum ENUM_POSITION_TYPE { POSITION_TYPE_BUY, POSITION_TYPE_SELL };

namespace mql {
struct Position {
  ulong ticket = 0;
  long type = 0;
  std::string symbol;
  long opened_msc = 0;
  double values[7] = {};
};
struct Account {
  long mode = 0;
  long leverage = 100;
  std::string currency = "USD";
  double values[5] = {};
  std::vector<Position> positions;
};

inline long login = 0;
inline string server = "Recorded-Demo";
inline std::string account_file;
inline Account account;
inline Position selected;

inline void look_at_account() {
  std::ifstream in(account_file);
  Account now;
  if (account_file.empty() || !(in >> now.mode >> now.leverage >> now.currency)) return;
  for (double &value : now.values) in >> value;
  Position p;
  while (in >> p.ticket >> p.type >> p.symbol >> p.values[0] >> p.opened_msc) {
    for (int k = 1; k < 7; k++) in >> p.values[k];
    now.positions.push_back(p);
  }
  account = now;
}
}  // namespace mql

inline long AccountInfoInteger(ENUM_ACCOUNT_INFO_INTEGER what) {
  if (what == ACCOUNT_LOGIN) return mql::login;
  mql::look_at_account();
  return what == ACCOUNT_TRADE_MODE ? mql::account.mode : mql::account.leverage;
}
inline double AccountInfoDouble(ENUM_ACCOUNT_INFO_DOUBLE what) {
  mql::look_at_account();
  return mql::account.values[what];
}
inline string AccountInfoString(ENUM_ACCOUNT_INFO_STRING what) {
  if (what == ACCOUNT_SERVER) return mql::server;
  mql::look_at_account();
  return mql::account.currency;
}

inline int PositionsTotal() {
  mql::look_at_account();
  return static_cast<int>(mql::account.positions.size());
}
// Selects the position, as MQL5's does.
inline ulong PositionGetTicket(int index) {
  if (index < 0 || static_cast<std::size_t>(index) >= mql::account.positions.size()) return 0;
  mql::selected = mql::account.positions[static_cast<std::size_t>(index)];
  return mql::selected.ticket;
}
inline long PositionGetInteger(ENUM_POSITION_INFO_INTEGER what) { return what == POSITION_TYPE ? mql::selected.type : mql::selected.opened_msc; }
inline double PositionGetDouble(ENUM_POSITION_INFO_DOUBLE what) { return mql::selected.values[what]; }
inline string PositionGetString(ENUM_POSITION_INFO_STRING) { return string(mql::selected.symbol); }
