// Which symbols are announced and which are wanted: SYMBOL out; SUB, UNSUB, WATCH and ACK in. The readers return false
// when the frame's body is not what it should be.
#ifndef TICKHUB_SUBSCRIPTIONS_MQH
#define TICKHUB_SUBSCRIPTIONS_MQH

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
   SAck              m_acks[];
   bool              m_bookEvents;
   int               m_refreshed;

   bool              Known(const int i) const { return i >= 0 && i < m_symbols.Count(); }

   void              Unsubscribe(const int i)
     {
      if(m_bookEvents && m_pump.Active(i) && m_symbols.BookDepth(i) > 0)
         MarketBookRelease(m_symbols.Name(i));
      m_pump.Stop(i);
     }

public:
                     CSubscriptions() : m_bookEvents(false), m_refreshed(0) {}

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
      m_bookEvents = bookEvents;
      return m_symbols.Load(list, chart);
     }

   // The connection is gone, and with it every subscription.
   void              Reset()
     {
      for(int i = 0; i < m_symbols.Count(); i++)
         Unsubscribe(i);
      m_pump.Reset();
     }

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
         WriteEnd(outbox, TH_ERR, TH_NO_SYMBOL, "#" + IntegerToString(i + 1));
      else if((wants & TH_WANT_TICKS) == 0)
         Unsubscribe(i);
      else
        {
         if(m_bookEvents && m_symbols.BookDepth(i) > 0 && !m_pump.Active(i))
            MarketBookAdd(m_symbols.Name(i));
         m_pump.Start(i, m_symbols.Name(i), msc, same, maxBackfillMs);
        }
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

   ENUM_FEED_RESULT  Round(const int maxBatch, CConnection &connection) { return m_pump.Round(m_symbols, maxBatch, connection); }
  };

#endif
