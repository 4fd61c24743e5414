// One symbol's ticks, from a cursor on. The terminal's own tick base is the queue: nothing is kept here but the cursor, so
// whatever is not sent now is asked for again later.
#ifndef TICKHUB_FEED_MQH
#define TICKHUB_FEED_MQH

#include <Tickhub/Connection.mqh>

#define TH_CHUNK           4096     // ticks of one symbol in one round, so that the others get their turn
#define TH_PIECE           1024     // ticks between two sends
#define TH_SLICE_MS        60000    // first width of a catch-up request
#define TH_SLICE_MAX_MS    3600000
#define TH_RETRY_MS        1000
#define TH_HISTORY_RETRIES 5

enum ENUM_FEED_RESULT
  {
   FEED_CURRENT, // everything the terminal has was handed over
   FEED_MORE,    // there is more to ask for
   FEED_STALLED, // the connection takes no more for now
   FEED_FAILED   // the terminal gave nothing; asked again in a second
  };

class CFeed
  {
private:
   bool              m_active;
   bool              m_backfill;
   bool              m_truncated;
   long              m_msc;      // the cursor: everything before m_msc was taken,
   uint              m_same;     // and of m_msc the first m_same ticks
   ulong             m_seq;      // number of the next tick on this connection
   long              m_slice;    // width of a catch-up request: widens in thin markets, narrows in dense ones
   int               m_failures;
   ulong             m_retryAt;

   // Frames `count` ticks from `at` on, at most maxBatch a frame. `last`: nothing more follows for now.
   void              Write(MqlTick &ticks[], const int at, const int count, const bool last, const int symIdx, const int maxBatch,
                           COutbox &outbox)
     {
      int done = 0;
      do
        {
         const int n = MathMin(count - done, maxBatch);
         const bool end = m_backfill && last && done + n == count;
         if(n == 0 && !end)
            return;
         int flags = 0;
         if(m_backfill)
            flags |= TH_BACKFILL;
         if(end)
            flags |= TH_BACKFILL_END;
         if(m_truncated)
            flags |= TH_TRUNCATED;
         outbox.Begin(TH_TICKS, flags, symIdx);
         outbox.U64(m_seq);
         outbox.U16(n);
         outbox.Ticks(ticks, at + done, n);
         outbox.End();
         m_truncated = false;
         if(end)
            m_backfill = false;
         m_seq += (ulong)n;
         done += n;
        }
      while(done < count);
     }

   // Puts the cursor behind ticks[end - 1]. The array begins at the old cursor's millisecond, so counting in it gives the ordinal.
   void              Advance(const MqlTick &ticks[], const int end)
     {
      m_msc = ticks[end - 1].time_msc;
      int first = end - 1;
      while(first > 0 && ticks[first - 1].time_msc == m_msc)
         first--;
      m_same = (uint)(end - first);
     }

   // After an empty slice: to the next tick there is, so that a weekend costs one request.
   void              Jump(const string name, const long to)
     {
      MqlTick next[];
      m_msc = to + 1;
      m_same = 0;
      if(CopyTicks(name, next, COPY_TICKS_ALL, (ulong)m_msc, 1) == 1 && next[0].time_msc > m_msc)
         m_msc = next[0].time_msc;
     }

   // True when the answer cannot be used yet. `copied` < 0 becomes 0 where the terminal merely has nothing in the range.
   bool              Failed(int &copied, const int error)
     {
      if(copied < 0 && error == ERR_HISTORY_NOT_FOUND)
         copied = 0;
      // On a timeout the terminal gives what it has, maybe with holes: going on from there would lose ticks for good.
      if(copied >= 0 && error != ERR_HISTORY_TIMEOUT)
        {
         m_failures = 0;
         return false;
        }
      m_failures++;
      if(copied >= 0 && m_failures > TH_HISTORY_RETRIES)
        {
         m_failures = 0;
         m_truncated = true; // said, never silent
         return false;
        }
      m_retryAt = GetTickCount64() + TH_RETRY_MS;
      return true;
     }

public:
                     CFeed() : m_active(false), m_backfill(false), m_truncated(false), m_msc(0), m_same(0), m_seq(1),
                     m_slice(TH_SLICE_MS), m_failures(0), m_retryAt(0) {}

   bool              Active() const { return m_active; }
   bool              Due() const    { return m_active && GetTickCount64() >= m_retryAt; }
   void              Stop()         { m_active = false; }

   // What comes next was missed while the broker was away: backfill, until the feed is current again.
   void              Late()         { m_backfill = m_active; }

   // A new connection counts its ticks from 1 again.
   void              Reset()
     {
      m_active = false;
      m_seq = 1;
     }

   // Starts at the cursor, or where `maxBackfillMs` allows; (0, 0) means that nothing was taken before.
   void              Start(const string name, const long cursorMsc, const uint cursorSame, const uint maxBackfillMs)
     {
      MqlTick last;
      const bool given = cursorMsc > 0 || cursorSame > 0;
      const bool quoted = SymbolInfoTick(name, last) && last.time_msc > 0;
      m_active = true;
      m_backfill = true;
      m_truncated = false;
      m_msc = cursorMsc;
      m_same = cursorSame;
      m_slice = TH_SLICE_MS;
      m_failures = 0;
      m_retryAt = 0;
      if(maxBackfillMs == TH_NO_LIMIT || (given && quoted && cursorMsc >= last.time_msc))
         return;
      // Live only begins behind the newest tick, not at the clock's time: TimeTradeServer runs on the PC's clock and may be ahead of the ticks.
      long oldest = (long)TimeTradeServer() * 1000 - (long)maxBackfillMs;
      if(maxBackfillMs == 0)
         oldest = quoted ? last.time_msc + 1 : (long)TimeCurrent() * 1000;
      if(given && cursorMsc >= oldest)
         return;
      m_truncated = given;
      m_msc = (long)MathMax(oldest, 0);
      m_same = 0;
     }

   // Hands over at most TH_CHUNK ticks. `ticks` is scratch space, shared between symbols; `sent` and `errors` are counted up.
   ENUM_FEED_RESULT  Pull(const string name, const int symIdx, const int maxBatch, MqlTick &ticks[], CConnection &connection,
                          uint &sent, uint &errors)
     {
      MqlTick last;
      const bool slicing = SymbolInfoTick(name, last) && last.time_msc - m_msc >= m_slice;
      const long to = slicing ? m_msc + m_slice - 1 : 0; // 0: to the end of history
      ResetLastError();
      int copied = CopyTicksRange(name, ticks, COPY_TICKS_ALL, (ulong)m_msc, (ulong)to);
      if(Failed(copied, GetLastError()))
        {
         errors++;
         return FEED_FAILED;
        }
      int at = 0;
      while(at < copied && (uint)at < m_same && ticks[at].time_msc == m_msc)
         at++;
      const int fresh = copied - at;
      const int stop = at + MathMin(fresh, TH_CHUNK);
      const bool complete = !slicing && stop == copied;
      if(fresh > TH_CHUNK)
         m_slice = (long)MathMax(m_slice / 2, 1);
      else if(slicing && fresh < TH_CHUNK / 2)
         m_slice = (long)MathMin(m_slice * 2, TH_SLICE_MAX_MS);
      if(fresh == 0)
        {
         if(slicing)
           {
            Jump(name, to);
            return FEED_MORE;
           }
         Write(ticks, 0, 0, true, symIdx, maxBatch, connection.outbox);
         return FEED_CURRENT;
        }
      while(at < stop)
        {
         const int n = MathMin(stop - at, TH_PIECE);
         Write(ticks, at, n, complete && at + n == stop, symIdx, maxBatch, connection.outbox);
         at += n;
         Advance(ticks, at);
         sent += (uint)n;
         if(!connection.FlushIfFull())
            return at == stop && complete ? FEED_CURRENT : FEED_STALLED;
        }
      return complete ? FEED_CURRENT : FEED_MORE;
     }
  };

#endif
