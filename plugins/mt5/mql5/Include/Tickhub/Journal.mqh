// Messages to the Experts tab. The same message is printed at most once a minute, so a retry loop cannot flood it.
#ifndef TICKHUB_JOURNAL_MQH
#define TICKHUB_JOURNAL_MQH

#define TH_REPEAT_MS 60000

class CJournal
  {
private:
   string            m_last;
   ulong             m_at;

public:
                     CJournal() : m_last(""), m_at(0) {}

   void              Say(const string text)
     {
      const ulong now = GetTickCount64();
      if(text == m_last && now - m_at < TH_REPEAT_MS)
         return;
      m_last = text;
      m_at = now;
      Print("Tickhub: ", text);
     }
  };

#endif
