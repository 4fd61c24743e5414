// Frames on their way out. Bytes stay here until the socket has taken them, so a partial send loses nothing.
#ifndef TICKHUB_OUTBOX_MQH
#define TICKHUB_OUTBOX_MQH

#include <Tickhub/Wire.mqh>

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

public:
                     COutbox() : m_size(0), m_frame(0) {}

   int               Size() const { return m_size; }
   void              Clear() { m_size = 0; }

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
      const ulong len = (ulong)(m_size - m_frame - 4);
      for(int i = 0; i < 4; i++)
         m_bytes[m_frame + i] = (uchar)((len >> (8 * i)) & 0xFF);
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

   // Gives the socket what it takes. Returns the number of bytes taken, or -1 when the connection broke.
   int               SendTo(const int socket)
     {
      const int sent = SocketSend(socket, m_bytes, (uint)m_size);
      if(sent < 0)
         return -1;
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
