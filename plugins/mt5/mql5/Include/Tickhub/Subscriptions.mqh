// Which symbols are announced and what is wanted of each: SYMBOL, TICKS, BOOK and BARS out; SUB, UNSUB, WATCH, GET_BARS and ACK in. The
// readers return false when the frame's body is not what it should be.
#ifndef TICKHUB_SUBSCRIPTIONS_MQH
#define TICKHUB_SUBSCRIPTIONS_MQH

#include <Tickhub/Bars.mqh>
#include <Tickhub/Books.mqh>
#include <Tickhub/Frames.mqh>
#include <Tickhub/Pump.mqh>

#define TH_REFRESH_COUNT 32 // specifications read again at a time

struct SAck
  {
   long              msc;
   uint              same;
  };

class CSubscriptions
  {
private:
   CSymbols          m_symbols;
   CPump             m_pump;
   CBooks            m_books;
   CBars             m_bars;
   SAck              m_acks[];
   int               m_refreshed;

   bool              Known(const int i) const { return i >= 0 && i < m_symbols.Count(); }

   void              Unsubscribe(const int i)
     {
      m_books.Want(i, m_symbols.Name(i), m_symbols.BookDepth(i), false, false);
      m_pump.Stop(i);
     }

   bool              ReadSub(CInbox &inbox, COutbox &outbox)
     {
      const int i = inbox.SymIdx() - 1;
      const long msc = inbox.I64();
      const uint same = inbox.U32();
      const uint maxBackfillMs = inbox.U32();
      const int wants = inbox.U16();
      if(!inbox.Exact() || msc < 0)
         return false;
      if(!Known(i))
        {
         WriteEnd(outbox, TH_ERR, TH_NO_SYMBOL, "#" + IntegerToString(i + 1));
         return true;
        }
      const bool ticks = (wants & TH_WANT_TICKS) != 0;
      m_books.Want(i, m_symbols.Name(i), m_symbols.BookDepth(i), ticks, (wants & TH_WANT_BOOK) != 0);
      if(ticks)
         m_pump.Start(i, m_symbols.Name(i), msc, same, maxBackfillMs);
      else
         m_pump.Stop(i);
      return true;
     }

   bool              ReadUnsub(CInbox &inbox)
     {
      if(!inbox.Exact())
         return false;
      if(Known(inbox.SymIdx() - 1))
         Unsubscribe(inbox.SymIdx() - 1);
      return true;
     }

   bool              ReadWatch(CInbox &inbox, COutbox &outbox)
     {
      const int n = inbox.U16();
      string names[];
      ArrayResize(names, n);
      for(int k = 0; k < n; k++)
         names[k] = inbox.Str();
      if(!inbox.Exact())
         return false;
      for(int k = 0; k < n; k++)
        {
         const int known = m_symbols.Count();
         const int i = m_symbols.Add(names[k]);
         if(i < 0)
            WriteEnd(outbox, TH_ERR, TH_NO_SYMBOL, names[k]);
         else if(i >= known)
            m_symbols.Write(i, outbox);
        }
      return true;
     }

   bool              ReadAck(CInbox &inbox)
     {
      const int n = inbox.U16();
      for(int k = 0; k < n; k++)
        {
         const int i = inbox.U16() - 1;
         const long msc = inbox.I64();
         const uint same = inbox.U32();
         if(!Known(i))
            continue;
         while(ArraySize(m_acks) <= i)
           {
            const int end = ArraySize(m_acks);
            ArrayResize(m_acks, end + 1, 64);
            m_acks[end].msc = 0;
            m_acks[end].same = 0;
           }
         m_acks[i].msc = msc;
         m_acks[i].same = same;
        }
      return inbox.Exact();
     }

public:
                     CSubscriptions() : m_refreshed(0) {}

   int               Count() const              { return m_symbols.Count(); }
   string            Name(const int i) const    { return m_symbols.Name(i); }
   uint              Sent() const               { return m_pump.Sent(); }
   uint              Errors() const             { return m_pump.Errors(); }
   bool              IsOnline() const           { return m_pump.IsOnline(); }
   long              AckedMsc(const int i) const { return i < ArraySize(m_acks) ? m_acks[i].msc : 0; }
   uint              AckedSame(const int i) const { return i < ArraySize(m_acks) ? m_acks[i].same : 0; }

   void              Online(const bool online)  { m_pump.Online(online); }
   void              Hold(const int ms)         { m_pump.Hold(ms); }

   // Returns the names in `list` that the broker does not have.
   string            Load(const string list, const string chart, const bool bookEvents)
     {
      m_books.Load(bookEvents);
      return m_symbols.Load(list, chart);
     }

   // The connection is gone, and with it every subscription.
   void              Reset()
     {
      for(int i = 0; i < m_symbols.Count(); i++)
         Unsubscribe(i);
      m_bars.Reset();
      m_pump.Reset();
     }

   void              BookEvery(const int ms)    { m_books.Every(ms); }
   void              BookChanged(const string name) { m_books.Changed(m_symbols.Find(name)); }

   void              Announce(const int first, COutbox &outbox) const
     {
      for(int i = first; i < m_symbols.Count(); i++)
         m_symbols.Write(i, outbox);
     }

   // Announces symbols that are new in Market Watch, and those whose specification changed.
   void              Refresh(COutbox &outbox)
     {
      const int known = m_symbols.Count();
      m_symbols.FollowMarketWatch();
      Announce(known, outbox);
      for(int k = 0; k < MathMin(known, TH_REFRESH_COUNT); k++)
        {
         m_refreshed = (m_refreshed + 1) % known;
         if(m_symbols.Refresh(m_refreshed))
            m_symbols.Write(m_refreshed, outbox);
        }
     }

   // Frames that are about symbols. `known`: it was one of them.
   bool              Handle(const int type, CInbox &inbox, COutbox &outbox, bool &known)
     {
      known = true;
      switch(type)
        {
         case TH_SUB:
            return ReadSub(inbox, outbox);
         case TH_UNSUB:
            return ReadUnsub(inbox);
         case TH_WATCH:
            return ReadWatch(inbox, outbox);
         case TH_GET_BARS:
            return m_bars.Read(inbox);
         case TH_ACK:
            return ReadAck(inbox);
        }
      known = false;
      return true;
     }

   // Ticks first; books, and then bars, only while the connection takes more.
   ENUM_FEED_RESULT  Round(const int maxBatch, CConnection &connection)
     {
      const ENUM_FEED_RESULT result = m_pump.Round(m_symbols, maxBatch, connection);
      if(result == FEED_STALLED)
         return result;
      for(int i = 0; i < m_symbols.Count() && connection.FlushIfFull(); i++)
         m_books.Write(i, m_symbols.Name(i), connection.outbox);
      if(!connection.Flush())
         return FEED_STALLED;
      const int asked = m_bars.Symbol();
      if(asked == -1 || result == FEED_MORE)
         return result;
      m_bars.Answer(Known(asked) ? m_symbols.Name(asked) : "", connection.outbox);
      return connection.Flush() ? FEED_MORE : FEED_STALLED;
     }
  };

#endif
