// Bytes on their way in, cut into frames and read field by field, never beyond the frame.
#ifndef TICKHUB_INBOX_MQH
#define TICKHUB_INBOX_MQH

#include <Tickhub/Wire.mqh>

class CInbox
  {
private:
   uchar             m_bytes[];
   int               m_size;
   int               m_next;   // first byte that no frame has used yet
   int               m_at;     // reading position in the open frame
   int               m_end;    // end of the open frame
   int               m_type;
   int               m_symIdx;
   bool              m_short;  // a field reached beyond the frame

   ulong             Get(const int at, const int bytes) const
     {
      ulong value = 0;
      for(int i = 0; i < bytes; i++)
         value |= ((ulong)m_bytes[at + i]) << (8 * i);
      return value;
     }

   ulong             Take(const int bytes)
     {
      if(m_at + bytes > m_end)
        {
         m_short = true;
         m_at = m_end;
         return 0;
        }
      const ulong value = Get(m_at, bytes);
      m_at += bytes;
      return value;
     }

public:
                     CInbox() : m_size(0), m_next(0), m_at(0), m_end(0), m_type(0), m_symIdx(0), m_short(false) {}

   void              Clear()
     {
      m_size = 0;
      m_next = 0;
     }

   void              Append(const uchar &bytes[], const int count)
     {
      if(m_next > 0) // close up first: frames that were read are gone
        {
         for(int i = m_next; i < m_size; i++)
            m_bytes[i - m_next] = m_bytes[i];
         m_size -= m_next;
         m_next = 0;
        }
      if(m_size + count > ArraySize(m_bytes))
         ArrayResize(m_bytes, (m_size + count) * 2);
      ArrayCopy(m_bytes, bytes, m_size, 0, count);
      m_size += count;
     }

   // Opens the next whole frame: 1 when there is one, 0 when more bytes are needed, -1 when its length is impossible.
   int               Next()
     {
      if(m_size - m_next < 4)
         return 0;
      const ulong len = Get(m_next, 4);
      if(len < TH_MIN_LEN || len > TH_MAX_LEN)
         return -1;
      const int whole = 4 + (int)len;
      if(m_size - m_next < whole)
         return 0;
      m_type = (int)Get(m_next + 4, 1);
      m_symIdx = (int)Get(m_next + 6, 2);
      m_at = m_next + TH_FRAME_HEAD;
      m_end = m_next + whole;
      m_next = m_end;
      m_short = false;
      return 1;
     }

   int               Type() const   { return m_type; }
   int               SymIdx() const { return m_symIdx; }
   int               U16()          { return (int)Take(2); }
   uint              U32()          { return (uint)Take(4); }
   ulong             U64()          { return Take(8); }
   long              I64()          { return (long)Take(8); }

   string            Str()
     {
      const int n = U16();
      if(n > TH_MAX_STRING || m_at + n > m_end)
        {
         m_short = true;
         m_at = m_end;
         return "";
        }
      const string text = n > 0 ? CharArrayToString(m_bytes, m_at, n, CP_UTF8) : "";
      m_at += n;
      return text;
     }

   // Was the body exactly as long as the fields that were read?
   bool              Exact() const  { return !m_short && m_at == m_end; }
  };

#endif
