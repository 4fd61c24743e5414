// Bars of the terminal's history, on request: GET_BARS in, BARS out, one request after the other and only when no tick waits.
#ifndef TICKHUB_BARS_MQH
#define TICKHUB_BARS_MQH

#include <Tickhub/Inbox.mqh>
#include <Tickhub/Outbox.mqh>

#define TH_BARS_PIECE    512   // bars in one frame
#define TH_BARS_MAX      10000 // bars of one request
#define TH_BARS_REQUESTS 64    // that may wait

struct SBarsRequest
  {
   int               symbol;
   uint              id;
   uint              widthMs;
   long              from;
   long              to;
  };

class CBars
  {
private:
   SBarsRequest      m_requests[];
   int               m_next;

   // PERIOD_CURRENT where the terminal has no such width.
   ENUM_TIMEFRAMES   PeriodOf(const uint widthMs) const
     {
      switch((int)(widthMs / 1000))
        {
         case 60:    return PERIOD_M1;
         case 120:   return PERIOD_M2;
         case 180:   return PERIOD_M3;
         case 240:   return PERIOD_M4;
         case 300:   return PERIOD_M5;
         case 360:   return PERIOD_M6;
         case 600:   return PERIOD_M10;
         case 720:   return PERIOD_M12;
         case 900:   return PERIOD_M15;
         case 1200:  return PERIOD_M20;
         case 1800:  return PERIOD_M30;
         case 3600:  return PERIOD_H1;
         case 7200:  return PERIOD_H2;
         case 10800: return PERIOD_H3;
         case 14400: return PERIOD_H4;
         case 21600: return PERIOD_H6;
         case 28800: return PERIOD_H8;
         case 43200: return PERIOD_H12;
         case 86400: return PERIOD_D1;
        }
      return PERIOD_CURRENT;
     }

   void              Piece(const SBarsRequest &request, MqlRates &rates[], const int first, const int count, const int flags, COutbox &outbox) const
     {
      outbox.Begin(TH_BARS, flags, request.symbol + 1);
      outbox.U32(request.id);
      outbox.U32(request.widthMs);
      outbox.U16(count);
      outbox.Rates(rates, first, count);
      outbox.End();
     }

public:
                     CBars() : m_next(0) {}

   void              Reset()
     {
      ArrayResize(m_requests, 0);
      m_next = 0;
     }

   bool              Read(CInbox &inbox)
     {
      SBarsRequest request;
      request.symbol = inbox.SymIdx() - 1;
      request.id = inbox.U32();
      request.widthMs = inbox.U32();
      request.from = inbox.I64();
      request.to = inbox.I64();
      if(!inbox.Exact() || ArraySize(m_requests) - m_next >= TH_BARS_REQUESTS)
         return false;
      const int end = ArraySize(m_requests);
      ArrayResize(m_requests, end + 1, TH_BARS_REQUESTS);
      m_requests[end] = request;
      return true;
     }

   // Whose request is next; -1: nobody's.
   int               Symbol() const { return m_next < ArraySize(m_requests) ? m_requests[m_next].symbol : -1; }

   // Answers the next request. CopyRates may take long the first time, while the terminal loads the history.
   void              Answer(const string name, COutbox &outbox)
     {
      MqlRates rates[];
      SBarsRequest request = m_requests[m_next];
      const ENUM_TIMEFRAMES period = PeriodOf(request.widthMs);
      m_next++;
      if(m_next == ArraySize(m_requests))
         Reset();
      const long span = request.widthMs / 1000;
      const bool fits = name != "" && period != PERIOD_CURRENT && request.from >= 0 && request.to >= request.from &&
                        (request.to - request.from) / MathMax(span, 1) < TH_BARS_MAX;
      ResetLastError();
      const int n = fits ? CopyRates(name, period, (datetime)request.from, (datetime)request.to, rates) : -1;
      if(n <= 0)
        {
         // A range with nothing in it is told apart from a history that the terminal has not loaded yet.
         const bool empty = n == 0 || (GetLastError() == ERR_HISTORY_NOT_FOUND && SeriesInfoInteger(name, period, SERIES_SYNCHRONIZED) != 0);
         Piece(request, rates, 0, 0, empty ? 0 : TH_BARS_FAILED, outbox);
         return;
        }
      for(int at = 0; at < n; at += TH_BARS_PIECE)
        {
         const int count = MathMin(n - at, TH_BARS_PIECE);
         Piece(request, rates, at, count, at + count < n ? TH_BARS_MORE : 0, outbox);
        }
     }
  };

#endif
