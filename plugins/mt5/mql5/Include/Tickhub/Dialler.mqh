// The connection to Tickhub and when to make and end it: dial and greet, leave, give a silent one up, dial again. What is said on it is CLink's.
#ifndef TICKHUB_DIALLER_MQH
#define TICKHUB_DIALLER_MQH

#include <Tickhub/Advice.mqh>
#include <Tickhub/Backoff.mqh>
#include <Tickhub/Journal.mqh>
#include <Tickhub/Subscriptions.mqh>

#define TH_DEAD_MS      3000
#define TH_REFUSED_MS   2000
#define TH_STABLE_MS    5000

enum ENUM_LINK_STATE
  {
   LINK_WAITING,  // no connection
   LINK_GREETING, // HELLO sent
   LINK_LIVE      // WELCOME came
  };

class CDialler
  {
protected:
   SSettings         m_settings;
   CConnection       m_connection;
   CSubscriptions    m_subscriptions;
   CBackoff          m_backoff;
   CJournal          m_journal;
   ENUM_LINK_STATE   m_state;
   ulong             m_login;
   ulong             m_connectedAt;
   ulong             m_pingAt;
   ulong             m_pingSeq;
   ulong             m_houseAt;
   STerms            m_terms;
   uint              m_connects;

   string            Where() const { return PlaceOf(m_settings); }
   string            EaId() const  { return EaIdOf(m_settings.eaId); }

   void              Dial()
     {
      const string token = m_settings.token != "" ? m_settings.token : TokenFromFile(m_settings.tokenFile);
      if(token == "")
        {
         m_journal.Say(AdviceNoToken(m_settings));
         m_backoff.In(TH_REFUSED_MS);
         return;
        }
      if(!m_connection.Open(m_settings))
        {
         m_journal.Say(AdviceNoConnection(m_settings, m_connection.Error()));
         m_backoff.Next();
         return;
        }
      m_state = LINK_GREETING;
      m_connectedAt = GetTickCount64();
      m_connects++;
      m_login = LoginHash();
      WriteHello(m_connection.outbox, EaId(), token);
      m_connection.Flush();
     }

   // Ends the connection. `waitMs` < 0: dial again after the backoff.
   void              Drop(const int waitMs)
     {
      if(m_state == LINK_LIVE && GetTickCount64() - m_connectedAt >= TH_STABLE_MS)
         m_backoff.Reset();
      m_subscriptions.Reset();
      m_connection.Close();
      m_state = LINK_WAITING;
      if(waitMs < 0)
         m_backoff.Next();
      else
         m_backoff.In(waitMs);
     }

   // Says why, then ends the connection.
   void              Leave(const int type, const int code, const string text, const int waitMs)
     {
      WriteEnd(m_connection.outbox, type, code, text);
      m_connection.Flush();
      Drop(waitMs);
     }

   void              BadFrame(const string text)
     {
      m_journal.Say("Tickhub sent what this version does not understand (" + text + "). Use the Expert Advisor that came with it.");
      Leave(TH_ERR, TH_BAD_FRAME, text, -1);
     }

   // Is there a reason to give the connection up? Then it is.
   bool              Dead(const ulong now)
     {
      if(m_state == LINK_GREETING && now - m_connectedAt > TH_DEAD_MS)
        {
         m_journal.Say("no answer to HELLO from " + Where() + ". Is it Tickhub that listens there?");
         Drop(-1);
         return true;
        }
      if(m_connection.SilentMs() > (ulong)MathMax(TH_DEAD_MS, 3 * m_terms.heartbeatMs))
        {
         m_journal.Say("nothing heard from " + Where() + " for " + IntegerToString((long)m_connection.SilentMs()) + " ms. Reconnecting.");
         Drop(-1);
         return true;
        }
      if(now >= m_houseAt && m_login != LoginHash())
        {
         m_journal.Say("the account changed. Reconnecting.");
         Leave(TH_BYE, TH_STOPPING, "account changed", 0);
         return true;
        }
      return false;
     }

public:
                     CDialler() : m_state(LINK_WAITING), m_login(0), m_connectedAt(0), m_pingAt(0), m_pingSeq(0), m_houseAt(0), m_connects(0)
     {
      m_terms.heartbeatMs = 1000;
      m_terms.maxBatch = 512;
     }
  };

#endif
