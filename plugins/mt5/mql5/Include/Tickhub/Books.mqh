// Order books: the newest state of each wanted symbol, at most once in `everyMs`. Nothing is queued: a book is read when it can be sent,
// so a slow peer gets fewer of them and never an old one.
#ifndef TICKHUB_BOOKS_MQH
#define TICKHUB_BOOKS_MQH

#include <Tickhub/Clock.mqh>
#include <Tickhub/Outbox.mqh>

#define TH_BOOK_LEVELS 2000 // of both sides together

struct SBook
  {
   bool              wanted;
   bool              opened;   // MarketBookAdd was called
   bool              changed;  // an event came since it was sent
   ulong             nextAt;
   ulong             sent;     // what the last one sent came to, to send no state twice
  };

class CBooks
  {
private:
   SBook             m_books[];
   bool              m_events;  // OnBookEvent comes: look only where it came
   int               m_everyMs;
   CServerClock      m_clock;

   ulong             SumOf(const MqlBookInfo &levels[], const int n) const
     {
      UDoubleBits u;
      ulong sum = 0xCBF29CE484222325;
      for(int i = 0; i < n; i++)
        {
         sum = (sum ^ (ulong)levels[i].type) * 0x100000001B3;
         u.value = levels[i].price;
         sum = (sum ^ u.bits) * 0x100000001B3;
         u.value = Volume(levels[i]);
         sum = (sum ^ u.bits) * 0x100000001B3;
        }
      return sum;
     }

   double            Volume(const MqlBookInfo &level) const { return level.volume_real > 0 ? level.volume_real : (double)level.volume; }

public:
                     CBooks() : m_events(false), m_everyMs(200) {}

   void              Load(const bool events) { m_events = events; }
   void              Every(const int ms)     { m_everyMs = MathMax(ms, 1); }

   // `wake`: the symbol's ticks are wanted, and its book events wake the program. `wanted`: so is the book itself.
   void              Want(const int i, const string name, const int depth, const bool wake, const bool wanted)
     {
      while(ArraySize(m_books) <= i)
        {
         const int end = ArraySize(m_books);
         ArrayResize(m_books, end + 1, 64);
         m_books[end].wanted = false;
         m_books[end].opened = false;
        }
      const bool open = depth > 0 && (wanted || (wake && m_events));
      if(open && !m_books[i].opened)
         m_books[i].opened = MarketBookAdd(name);
      if(!open && m_books[i].opened)
        {
         MarketBookRelease(name);
         m_books[i].opened = false;
        }
      m_books[i].wanted = wanted && m_books[i].opened;
      m_books[i].changed = true; // what it is now, too
      m_books[i].nextAt = 0;
      m_books[i].sent = 0;
     }

   void              Changed(const int i)
     {
      if(i >= 0 && i < ArraySize(m_books))
         m_books[i].changed = true;
     }

   // Writes the book of symbol `i` if it is due and has changed.
   void              Write(const int i, const string name, COutbox &outbox)
     {
      if(i >= ArraySize(m_books) || !m_books[i].wanted || GetTickCount64() < m_books[i].nextAt || (m_events && !m_books[i].changed))
         return;
      MqlBookInfo levels[];
      m_books[i].nextAt = GetTickCount64() + (ulong)m_everyMs;
      m_books[i].changed = false;
      if(!MarketBookGet(name, levels))
         return;
      const int n = MathMin(ArraySize(levels), TH_BOOK_LEVELS);
      const ulong sum = SumOf(levels, n);
      if(sum == m_books[i].sent)
         return;
      m_books[i].sent = sum;
      outbox.Begin(TH_BOOK, 0, i + 1);
      outbox.I64(m_clock.Msc());
      outbox.U16(n);
      for(int k = 0; k < n; k++)
        {
         outbox.U8((int)levels[k].type);
         outbox.F64(levels[k].price);
         outbox.F64(Volume(levels[k]));
        }
      outbox.End();
     }
  };

#endif
