// Goes round the subscribed symbols, a chunk each, until all are current or the connection takes no more.
#ifndef TICKHUB_PUMP_MQH
#define TICKHUB_PUMP_MQH

#include <Tickhub/Feed.mqh>
#include <Tickhub/Symbols.mqh>

// After the terminal is back online it fetches the ticks of the outage behind the live ones: wait for them before the cursor passes.
#define TH_SETTLE_MS 3000

class CPump
  {
private:
   CFeed             m_feeds[];
   MqlTick           m_ticks[];
   int               m_turn;      // whose turn it is
   uint              m_sent;
   uint              m_errors;
   ulong             m_heldUntil;
   bool              m_online;

public:
                     CPump() : m_turn(0), m_sent(0), m_errors(0), m_heldUntil(0), m_online(true) {}

   uint              Sent() const   { return m_sent; }
   uint              Errors() const { return m_errors; }

   void              Reset()
     {
      for(int i = 0; i < ArraySize(m_feeds); i++)
         m_feeds[i].Reset();
     }

   void              Start(const int i, const string name, const long cursorMsc, const uint cursorSame, const uint maxBackfillMs)
     {
      if(i >= ArraySize(m_feeds))
         ArrayResize(m_feeds, i + 1, 64);
      m_feeds[i].Start(name, cursorMsc, cursorSame, maxBackfillMs);
     }

   void              Stop(const int i)
     {
      if(i < ArraySize(m_feeds))
         m_feeds[i].Stop();
     }

   bool              Active(const int i) const { return i < ArraySize(m_feeds) && m_feeds[i].Active(); }

   void              Hold(const int ms) { m_heldUntil = (ulong)MathMax(m_heldUntil, GetTickCount64() + (ulong)ms); }

   bool              IsOnline() const { return m_online; }

   // Tells the pump whether the terminal has its broker.
   void              Online(const bool online)
     {
      if(online && !m_online)
        {
         Hold(TH_SETTLE_MS);
         for(int i = 0; i < ArraySize(m_feeds); i++)
            m_feeds[i].Late();
        }
      m_online = online;
     }

   // One round. FEED_CURRENT: nothing left to ask for; FEED_MORE: go on; FEED_STALLED: the peer reads too slowly.
   ENUM_FEED_RESULT  Round(const CSymbols &symbols, const int maxBatch, CConnection &connection)
     {
      const int n = ArraySize(m_feeds);
      if(n == 0 || GetTickCount64() < m_heldUntil)
         return FEED_CURRENT;
      ENUM_FEED_RESULT result = FEED_CURRENT;
      for(int k = 0; k < n; k++)
        {
         if(m_turn >= n)
            m_turn = 0;
         const int i = m_turn++;
         if(!m_feeds[i].Due())
            continue;
         const ENUM_FEED_RESULT one = m_feeds[i].Pull(symbols.Name(i), i + 1, maxBatch, m_ticks, connection, m_sent, m_errors);
         if(one == FEED_MORE)
            result = FEED_MORE;
         if(one == FEED_STALLED || !connection.FlushIfFull())
            return FEED_STALLED;
        }
      return connection.Flush() ? result : FEED_STALLED;
     }
  };

#endif
