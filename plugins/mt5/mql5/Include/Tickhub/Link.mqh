// The link to Tickhub from the terminal's side: what is said on a connection. See LINK.md.
// Step() does all the work and is called from every event that the program gets.
#ifndef TICKHUB_LINK_MQH
#define TICKHUB_LINK_MQH

#include <Tickhub/Account.mqh>
#include <Tickhub/Dialler.mqh>

#define TH_RELOAD_MS    TH_HURRY_MS
#define TH_BUSY_MS      500
#define TH_HOUSEKEEP_MS 1000
#define TH_STEP_MS      100   // longest stay in one event

class CLink : public CDialler
  {
private:
   CAccount          m_account;
   int               m_sweepMs;

   bool              Welcomed()
     {
      if(m_state != LINK_GREETING || !ReadWelcome(m_connection.inbox, m_terms))
         return false;
      m_sweepMs = m_settings.sweepMs > 0 ? m_settings.sweepMs : MathMax(m_terms.sweepMs, 1);
      m_state = LINK_LIVE;
      m_backoff.Calm();
      m_pingAt = 0;
      m_subscriptions.BookEvery(m_terms.bookMs);
      m_account.Share(m_terms.share);
      m_subscriptions.Announce(0, m_connection.outbox);
      m_journal.Say("connected to " + Where() + " as " + EaId() + ", " + IntegerToString(m_subscriptions.Count()) + " symbols.");
      return true;
     }

   bool              Ended(const int type)
     {
      int code = 0;
      string text = "";
      if(!ReadEnd(m_connection.inbox, code, text))
         return false;
      if(type == TH_BYE && code == TH_RELOAD)
        {
         m_backoff.Hurry();
         Drop(TH_RELOAD_MS);
        }
      else if(type == TH_BYE)
        {
         m_journal.Say("Tickhub says goodbye: " + text + " (code " + IntegerToString(code) + "). Reconnecting.");
         Drop(-1);
        }
      else if(code == TH_BUSY)
         m_subscriptions.Hold(TH_BUSY_MS);
      else if(code != TH_NO_SYMBOL)
        {
         m_journal.Say(AdviceRefused(m_settings, EaId(), code, text));
         Drop(IsForPerson(code) ? TH_REFUSED_MS : -1);
        }
      return true;
     }

   bool              Understood(const int type)
     {
      if(m_state == LINK_GREETING && type != TH_WELCOME && type != TH_ERR && type != TH_BYE && type != TH_PING)
         return false;
      switch(type)
        {
         case TH_WELCOME:
            return Welcomed();
         case TH_PING:
            return AnswerPing(m_connection.inbox, m_connection.outbox);
         case TH_PONG:
            return ReadPong(m_connection.inbox, m_connection.outbox);
         case TH_ERR:
         case TH_BYE:
            return Ended(type);
        }
      bool known = false;
      return m_subscriptions.Handle(type, m_connection.inbox, m_connection.outbox, known) && known;
     }

   void              Handle()
     {
      const int type = m_connection.inbox.Type();
      if(!Understood(type))
         BadFrame("frame of type " + IntegerToString(type));
     }

   // Takes what came. False when the connection ended.
   bool              Listen()
     {
      const bool open = m_connection.Receive();
      int next = 1;
      while(next > 0 && m_state != LINK_WAITING)
        {
         next = m_connection.inbox.Next();
         if(next > 0)
            Handle();
        }
      if(m_state == LINK_WAITING)
         return false;
      if(next < 0)
        {
         BadFrame("impossible length");
         return false;
        }
      if(open)
         return true;
      m_journal.Say("the connection to " + Where() + " broke (error " + IntegerToString(m_connection.Error()) + "). Reconnecting.");
      Drop(-1);
      return false;
     }

   void              KeepUp(const ulong now)
     {
      if(m_connection.outbox.Size() == 0) // it is state: a peer that does not read gets none of it until it does
         m_account.Write(now, m_connection.outbox);
      if(now >= m_pingAt)
        {
         m_pingAt = now + (ulong)m_terms.heartbeatMs;
         WritePing(m_connection.outbox, ++m_pingSeq, m_subscriptions.IsOnline(), m_subscriptions.Sent(), m_connection.Stalls(),
                   m_subscriptions.Errors());
        }
      if(now >= m_houseAt)
        {
         m_houseAt = now + TH_HOUSEKEEP_MS;
         m_subscriptions.Refresh(m_connection.outbox);
        }
     }

public:
                     CLink() : m_sweepMs(10) {}

   // False: a setting is wrong, and the Experts tab says which.
   bool              Start(const SSettings &settings)
     {
      m_settings = settings;
      const string wrong = WrongSetting(settings);
      if(wrong != "")
        {
         m_journal.Say("cannot start: " + wrong + ".");
         return false;
        }
      if(MQLInfoInteger(MQL_TESTER) != 0)
        {
         m_journal.Say("cannot start: the Strategy Tester has no sockets. Attach it to a live chart.");
         return false;
        }
      MathSrand((int)GetTickCount());
      if(settings.sweepMs > 0)
         m_sweepMs = settings.sweepMs;
      const string missing = m_subscriptions.Load(settings.symbols, settings.chart, settings.bookEvents);
      if(missing != "")
         m_journal.Say("the broker has no symbol " + missing + "; left out. Names must be as in Market Watch.");
      return true;
     }

   void              Stop()
     {
      if(m_state != LINK_WAITING)
         Leave(TH_BYE, TH_STOPPING, "the program was removed or the terminal closes", -1);
     }

   // Everything that can be done now. Never longer than about 100 ms, unless the terminal itself has to load history.
   void              Step()
     {
      if(m_state == LINK_WAITING)
        {
         m_subscriptions.Online(TerminalInfoInteger(TERMINAL_CONNECTED) != 0); // coming back online must be seen without a link too
         if(m_backoff.Due())
            Dial();
         return;
        }
      const ulong until = GetTickCount64() + TH_STEP_MS;
      while(!IsStopped())
        {
         if(!Listen()) // before silence is judged: loading history may have kept us for a minute
            return;
         const ulong now = GetTickCount64();
         if(Dead(now))
            return;
         if(m_state != LINK_LIVE)
           {
            m_connection.Flush();
            return;
           }
         m_subscriptions.Online(TerminalInfoInteger(TERMINAL_CONNECTED) != 0);
         KeepUp(now);
         ENUM_FEED_RESULT result = FEED_STALLED;
         if(m_connection.Flush())
            result = m_subscriptions.Round(m_terms.maxBatch, m_connection);
         if(result == FEED_CURRENT || now >= until)
            return;
         if(result == FEED_STALLED)
            Sleep(1);
        }
     }

   // The order book of a symbol changed.
   void              BookEvent(const string name)  { m_subscriptions.BookChanged(name); }

   int               SweepMs() const               { return m_sweepMs; }
   ENUM_LINK_STATE   State() const                 { return m_state; }
   uint              Connects() const              { return m_connects; }
   uint              Sent() const                  { return m_subscriptions.Sent(); }
   uint              Stalls() const                { return m_connection.Stalls(); }
   uint              CopyErrors() const            { return m_subscriptions.Errors(); }
   int               SymbolCount() const           { return m_subscriptions.Count(); }
   string            SymbolName(const int i) const { return m_subscriptions.Name(i); }
   long              AckedMsc(const int i) const   { return m_subscriptions.AckedMsc(i); }
   uint              AckedSame(const int i) const  { return m_subscriptions.AckedSame(i); }

   // One line for the chart.
   string            Status() const
     {
      if(m_state == LINK_LIVE)
         return "Tickhub: connected to " + Where() + ", " + IntegerToString(m_subscriptions.Count()) + " symbols, " +
                IntegerToString(m_subscriptions.Sent()) + " ticks sent";
      return m_state == LINK_GREETING ? "Tickhub: asking " + Where() : "Tickhub: not connected to " + Where() + " (see the Experts tab)";
     }
  };

#endif
