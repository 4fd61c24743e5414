// Frames on their way out. Bytes stay here until the transport has taken them, so a partial send loses nothing.
#ifndef TICKHUB_OUTBOX_MQH
#define TICKHUB_OUTBOX_MQH

#include <Tickhub/Transport.mqh>
#include <Tickhub/Wire.mqh>

#define TH_MARK_EVERY 8192                 // bytes between two marks
#define TH_MARK_BYTES 24                   // a PING
#define TH_MARK       0x8000000000000000   // the number of a mark: this bit, and how many bytes there were with it

// The bits of a double, for the wire.
union UDoubleBits
  {
   double            value;
   ulong             bits;
  };

class COutbox
  {
private:
   uchar             m_bytes[];
   uchar             m_rest[];
   int               m_size;
   int               m_frame; // where the open frame starts
   int               m_window; // bytes that may be on their way; 0: as many as the transport takes
   ulong             m_taken;  // bytes that the transport has taken,
   ulong             m_heard;  // of these, how many the peer is known to have read,
   ulong             m_marked; // and how many there were at the last mark

   void              Need(const int more)
     {
      if(m_size + more > ArraySize(m_bytes))
         ArrayResize(m_bytes, (m_size + more) * 2);
     }

   void              Put(const ulong value, const int bytes)
     {
      Need(bytes);
      for(int i = 0; i < bytes; i++)
         m_bytes[m_size + i] = (uchar)((value >> (8 * i)) & 0xFF);
      m_size += bytes;
     }

   void              Close()
     {
      PatchU16(m_frame, (m_size - m_frame - 4) & 0xFFFF);
      PatchU16(m_frame + 2, (m_size - m_frame - 4) >> 16);
     }

   // How much may be sent now. Bounded, it is whole frames: at least one where nothing is on its way, however long it is.
   int               Sendable() const
     {
      if(m_window == 0)
         return m_size;
      const ulong away = m_taken - m_heard;
      int whole = 0;
      while(whole < m_size)
        {
         int len = 0;
         for(int i = 3; i >= 0; i--)
            len = (len << 8) | m_bytes[whole + i];
         const int end = whole + 4 + len;
         if(away + (ulong)end > (ulong)m_window && (whole > 0 || away > 0))
            break;
         whole = end;
        }
      return whole;
     }

public:
                     COutbox() : m_size(0), m_frame(0), m_window(0), m_taken(0), m_heard(0), m_marked(0) {}

   int               Size() const { return m_size; }
   void              Clear() { m_size = 0; }

   // A new connection. With `window` > 0 no more than that many bytes are ever on their way: a write to a full pipe would block the program for
   // as long as nobody reads. PINGs among the frames tell, by their PONGs, how far the peer has read.
   void              Bound(const int window)
     {
      m_window = window;
      m_size = 0;
      m_taken = 0;
      m_heard = 0;
      m_marked = 0;
     }

   // A PONG came.
   void              Heard(const ulong seq)
     {
      if((seq & TH_MARK) != 0)
         m_heard = MathMax(m_heard, seq - TH_MARK);
     }

   void              Begin(const int type, const int flags, const int symIdx)
     {
      m_frame = m_size;
      Put(0, 4);
      Put((ulong)type, 1);
      Put((ulong)flags, 1);
      Put((ulong)symIdx, 2);
     }

   // Closes the frame: its length is known now.
   void              End()
     {
      Close();
      const ulong made = m_taken + (ulong)m_size;
      if(m_window == 0 || made - m_marked < TH_MARK_EVERY)
         return;
      m_marked = made + TH_MARK_BYTES;
      Begin(TH_PING, 0, 0);
      Put(TH_MARK | m_marked, 8);
      Put(GetMicrosecondCount(), 8);
      Close();
     }

   // Takes the open frame back.
   void              Cancel() { m_size = m_frame; }

   // FNV-1a of what was written from `at` on: tells whether it is what was written before.
   ulong             SumFrom(const int at) const
     {
      ulong sum = 0xCBF29CE484222325;
      for(int i = at; i < m_size; i++)
         sum = (sum ^ (ulong)m_bytes[i]) * 0x100000001B3;
      return sum;
     }

   void              PatchU16(const int at, const int value)
     {
      m_bytes[at] = (uchar)(value & 0xFF);
      m_bytes[at + 1] = (uchar)((value >> 8) & 0xFF);
     }

   void              U8(const int value)     { Put((ulong)value, 1); }
   void              U16(const int value)    { Put((ulong)value, 2); }
   void              U32(const uint value)   { Put((ulong)value, 4); }
   void              U64(const ulong value)  { Put(value, 8); }
   void              I64(const long value)   { Put((ulong)value, 8); }

   void              F64(const double value)
     {
      UDoubleBits u;
      u.value = value;
      Put(u.bits, 8);
     }

   void              Str(const string text)
     {
      uchar utf8[];
      int n = StringToCharArray(text, utf8, 0, WHOLE_ARRAY, CP_UTF8) - 1; // less the closing zero
      if(n < 0)
         n = 0;
      if(n > TH_MAX_STRING)
        {
         n = TH_MAX_STRING;
         while(n > 0 && (utf8[n] & 0xC0) == 0x80) // never cut inside a character
            n--;
        }
      U16(n);
      Need(n);
      ArrayCopy(m_bytes, utf8, m_size, 0, n);
      m_size += n;
     }

   // `count` ticks of `ticks` from `first` on; unknown flag bits are cleared on the way.
   void              Ticks(MqlTick &ticks[], const int first, const int count)
     {
      Need(count * TH_TICK_BYTES);
      for(int i = 0; i < count; i++)
        {
         ticks[first + i].flags &= TH_TICK_FLAGS;
         StructToCharArray(ticks[first + i], m_bytes, (uint)(m_size + i * TH_TICK_BYTES));
        }
      m_size += count * TH_TICK_BYTES;
     }

   void              Rates(const MqlRates &rates[], const int first, const int count)
     {
      Need(count * TH_RATES_BYTES);
      for(int i = 0; i < count; i++)
         StructToCharArray(rates[first + i], m_bytes, (uint)(m_size + i * TH_RATES_BYTES));
      m_size += count * TH_RATES_BYTES;
     }

   // Gives the transport what it takes. Returns the number of bytes taken, or -1 when the connection broke.
   int               SendTo(CTransport &transport)
     {
      const int sendable = Sendable();
      const int sent = sendable > 0 ? transport.Send(m_bytes, sendable) : 0;
      if(sent < 0)
         return -1;
      m_taken += (ulong)sent;
      const int left = m_size - sent;
      if(left > 0 && sent > 0)
        {
         // Through a second array: what ArrayCopy does with overlapping ranges is not documented.
         if(ArraySize(m_rest) < ArraySize(m_bytes))
            ArrayResize(m_rest, ArraySize(m_bytes));
         ArrayCopy(m_rest, m_bytes, 0, sent, left);
         ArraySwap(m_rest, m_bytes);
        }
      m_size = left;
      return sent;
     }
  };

#endif
