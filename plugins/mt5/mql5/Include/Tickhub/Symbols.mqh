// The symbols of this link. A symbol's number on the wire is its place here plus one, and never changes while the program runs.
#ifndef TICKHUB_SYMBOLS_MQH
#define TICKHUB_SYMBOLS_MQH

#include <Tickhub/Outbox.mqh>

#define TH_MAX_SESSIONS 28
#define TH_DAY_S        86400

struct SSymbolSpec
  {
   string            name;
   string            path;
   string            currency;
   int               digits;
   int               tradeMode;
   int               chartMode;
   int               bookDepth;
   double            point;
   double            contractSize;
   int               sessions;                // trading sessions of a week, in its order;
   uint              opens[TH_MAX_SESSIONS];  // seconds of the broker's week, which begins on Sunday at 0:00
   uint              closes[TH_MAX_SESSIONS];
  };

class CSymbols
  {
private:
   SSymbolSpec       m_specs[];
   bool              m_followMarketWatch;
   int               m_watched;     // symbols in Market Watch when it was last taken up,
   string            m_lastWatched; // and the last of them: looking at all of them each second would be slow

   void              Read(const string name, SSymbolSpec &spec) const
     {
      spec.name = name;
      spec.path = SymbolInfoString(name, SYMBOL_PATH);
      spec.currency = SymbolInfoString(name, SYMBOL_CURRENCY_PROFIT);
      spec.digits = (int)SymbolInfoInteger(name, SYMBOL_DIGITS);
      spec.tradeMode = (int)SymbolInfoInteger(name, SYMBOL_TRADE_MODE);
      spec.chartMode = (int)SymbolInfoInteger(name, SYMBOL_CHART_MODE);
      spec.bookDepth = (int)MathMin(SymbolInfoInteger(name, SYMBOL_TICKS_BOOKDEPTH), 65535);
      spec.point = SymbolInfoDouble(name, SYMBOL_POINT);
      spec.contractSize = SymbolInfoDouble(name, SYMBOL_TRADE_CONTRACT_SIZE);
      ReadSessions(name, spec);
     }

   void              ReadSessions(const string name, SSymbolSpec &spec) const
     {
      spec.sessions = 0;
      for(int day = 0; day < 7; day++)
        {
         datetime from = 0;
         datetime to = 0;
         for(uint k = 0; SymbolInfoSessionTrade(name, (ENUM_DAY_OF_WEEK)day, k, from, to); k++)
           {
            const uint opens = (uint)(day * TH_DAY_S + (long)from % TH_DAY_S);
            // A session to midnight may end at 24:00 or at 0:00.
            const uint closes = (uint)(day * TH_DAY_S + ((long)to > (long)from ? (long)to : TH_DAY_S));
            const int last = spec.sessions - 1;
            if(last >= 0 && spec.closes[last] == opens)
               spec.closes[last] = closes;
            else if(spec.sessions < TH_MAX_SESSIONS)
              {
               spec.opens[spec.sessions] = opens;
               spec.closes[spec.sessions] = closes;
               spec.sessions++;
              }
           }
        }
     }

   bool              SameSessions(const SSymbolSpec &a, const SSymbolSpec &b) const
     {
      bool same = a.sessions == b.sessions;
      for(int k = 0; same && k < a.sessions; k++)
         same = a.opens[k] == b.opens[k] && a.closes[k] == b.closes[k];
      return same;
     }

public:
                     CSymbols() : m_followMarketWatch(false), m_watched(0), m_lastWatched("") {}

   int               Count() const               { return ArraySize(m_specs); }
   string            Name(const int i) const     { return m_specs[i].name; }
   int               BookDepth(const int i) const { return m_specs[i].bookDepth; }

   int               Find(const string name) const
     {
      for(int i = 0; i < ArraySize(m_specs); i++)
         if(m_specs[i].name == name)
            return i;
      return -1;
     }

   // Puts the symbol into Market Watch, where the terminal keeps its ticks. Returns its place, or -1 if there is none.
   int               Add(const string name)
     {
      int i = Find(name);
      if(i >= 0)
         return i;
      if(ArraySize(m_specs) >= TH_MAX_SYMBOLS || !SymbolSelect(name, true))
         return -1;
      i = ArraySize(m_specs);
      ArrayResize(m_specs, i + 1, 64);
      Read(name, m_specs[i]);
      return i;
     }

   // `list`: names with commas; empty: what Market Watch shows, now and later, and the chart's own. Returns the names that do not exist.
   string            Load(const string list, const string chart)
     {
      string missing = "";
      m_followMarketWatch = list == "";
      if(m_followMarketWatch)
        {
         if(chart != "")
            Add(chart);
         FollowMarketWatch();
         return missing;
        }
      string names[];
      const int n = StringSplit(list, ',', names);
      for(int i = 0; i < n; i++)
        {
         StringTrimLeft(names[i]);
         StringTrimRight(names[i]);
         if(names[i] != "" && Add(names[i]) < 0)
            missing += (missing == "" ? "" : ", ") + names[i];
        }
      return missing;
     }

   // Takes up symbols that the user has added to Market Watch.
   void              FollowMarketWatch()
     {
      if(!m_followMarketWatch)
         return;
      const int n = SymbolsTotal(true);
      const string newest = n > 0 ? SymbolName(n - 1, true) : "";
      if(n == m_watched && newest == m_lastWatched)
         return;
      m_watched = n;
      m_lastWatched = newest;
      for(int i = 0; i < n; i++)
         Add(SymbolName(i, true));
     }

   // Reads the specification again; true when it changed.
   bool              Refresh(const int i)
     {
      SSymbolSpec now;
      Read(m_specs[i].name, now);
      const bool same = now.digits == m_specs[i].digits && now.tradeMode == m_specs[i].tradeMode && now.chartMode == m_specs[i].chartMode &&
                        now.bookDepth == m_specs[i].bookDepth && now.point == m_specs[i].point &&
                        now.contractSize == m_specs[i].contractSize && now.path == m_specs[i].path &&
                        now.currency == m_specs[i].currency && SameSessions(now, m_specs[i]);
      if(!same)
         m_specs[i] = now;
      return !same;
     }

   void              Write(const int i, COutbox &outbox) const
     {
      outbox.Begin(TH_SYMBOL, 0, i + 1);
      outbox.U8(m_specs[i].digits);
      outbox.U8(m_specs[i].tradeMode);
      outbox.U16(m_specs[i].bookDepth);
      outbox.F64(m_specs[i].point);
      outbox.F64(m_specs[i].contractSize);
      outbox.Str(m_specs[i].name);
      outbox.Str(m_specs[i].path);
      outbox.Str(m_specs[i].currency);
      outbox.U8(m_specs[i].chartMode);
      outbox.U16(m_specs[i].sessions);
      for(int k = 0; k < m_specs[i].sessions; k++)
        {
         outbox.U32(m_specs[i].opens[k]);
         outbox.U32(m_specs[i].closes[k]);
        }
      outbox.End();
     }
  };

#endif
