// The link to Tickhub from the terminal's side: dial, greet, serve, heartbeat, reconnect. See LINK.md.
// Step() does all the work and is called from every event that the program gets.
#ifndef TICKHUB_LINK_MQH
#define TICKHUB_LINK_MQH

#include <Tickhub/Advice.mqh>
#include <Tickhub/Backoff.mqh>
#include <Tickhub/Journal.mqh>
#include <Tickhub/Subscriptions.mqh>

#define TH_DEAD_MS      3000
#define TH_REFUSED_MS   2000
#define TH_RELOAD_MS    TH_HURRY_MS
#define TH_STABLE_MS    5000
#define TH_BUSY_MS      500
#define TH_HOUSEKEEP_MS 1000
#define TH_STEP_MS      100   // longest stay in one event
#define TH_MAX_BATCH    17000 // ticks that fit into a frame of 1 MiB

enum ENUM_LINK_STATE
  {
   LINK_WAITING,  // no connection
   LINK_GREETING, // HELLO sent
   LINK_LIVE      // WELCOME came
  };

class CLink
  {
private:
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
   int               m_heartbeatMs;
   int               m_maxBatch;
   int               m_sweepMs;
   uint              m_connects;

   string            Where() const { return m_settings.host + ":" + IntegerToString(m_settings.port); }
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
      if(!m_connection.Open(m_settings.host, m_settings.port))
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

   bool              ReadWelcome()
     {
      const int proto = m_connection.inbox.U16();
      const int heartbeatMs = m_connection.inbox.U16();
      const int maxBatch = m_connection.inbox.U16();
      const int sweepMs = m_connection.inbox.U16();
      if(!m_connection.inbox.Exact() || m_state != LINK_GREETING || proto != TH_PROTO || heartbeatMs == 0 || maxBatch == 0)
         return false;
      m_heartbeatMs = heartbeatMs;
      m_maxBatch = MathMin(maxBatch, TH_MAX_BATCH);
      m_sweepMs = m_settings.sweepMs > 0 ? m_settings.sweepMs : MathMax(sweepMs, 1);
      m_state = LINK_LIVE;
      m_backoff.Calm();
      m_pingAt = 0;
      m_subscriptions.Announce(0, m_connection.outbox);
      m_journal.Say("connected to " + Where() + " as " + EaId() + ", " + IntegerToString(m_subscriptions.Count()) + " symbols.");
      return true;
     }

   bool              ReadPing()
     {
      const ulong seq = m_connection.inbox.U64();
      const long clock = m_connection.inbox.I64();
      if(!m_connection.inbox.Exact())
         return false;
      WritePong(m_connection.outbox, seq, clock);
      return true;
     }

   bool              ReadErr()
     {
      const int code = m_connection.inbox.U16();
      const string text = m_connection.inbox.Str();
      if(!m_connection.inbox.Exact())
         return false;
      if(code == TH_BUSY)
         m_subscriptions.Hold(TH_BUSY_MS);
      else if(code != TH_NO_SYMBOL)
        {
         m_journal.Say(AdviceRefused(m_settings, EaId(), code, text));
         Drop(IsForPerson(code) ? TH_REFUSED_MS : -1);
        }
      return true;
     }

   bool              ReadBye()
     {
      const int code = m_connection.inbox.U16();
      const string text = m_connection.inbox.Str();
      if(!m_connection.inbox.Exact())
         return false;
      if(code == TH_RELOAD)
        {
         m_backoff.Hurry();
         Drop(TH_RELOAD_MS);
        }
      else
        {
         m_journal.Say("Tickhub says goodbye: " + text + " (code " + IntegerToString(code) + "). Reconnecting.");
         Drop(-1);
        }
      return true;
     }

   void              Handle()
     {
      const int type = m_connection.inbox.Type();
      bool understood = true;
      if(m_state == LINK_GREETING && type != TH_WELCOME && type != TH_ERR && type != TH_BYE && type != TH_PING)
         understood = false;
      else
         switch(type)
           {
            case TH_WELCOME:
               understood = ReadWelcome();
               break;
            case TH_SUB:
               understood = m_subscriptions.ReadSub(m_connection.inbox, m_connection.outbox);
               break;
            case TH_UNSUB:
               understood = m_subscriptions.ReadUnsub(m_connection.inbox);
               break;
            case TH_WATCH:
               understood = m_subscriptions.ReadWatch(m_connection.inbox, m_connection.outbox);
               break;
            case TH_ACK:
               understood = m_subscriptions.ReadAck(m_connection.inbox);
               break;
            case TH_PING:
               understood = ReadPing();
               break;
            case TH_ERR:
               understood = ReadErr();
               break;
            case TH_BYE:
               understood = ReadBye();
               break;
            case TH_PONG:
            case TH_BOOK:
            case TH_ACCOUNT:
            case TH_POSITIONS:
               break; // a sign of life, or reserved
            default:
               understood = false;
           }
      if(!understood)
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

   // Is there a reason to give the connection up? Then it is.
   bool              Dead(const ulong now)
     {
      if(m_state == LINK_GREETING && now - m_connectedAt > TH_DEAD_MS)
        {
         m_journal.Say("no answer to HELLO from " + Where() + ". Is it Tickhub that listens there?");
         Drop(-1);
         return true;
        }
      if(m_connection.SilentMs() > (ulong)MathMax(TH_DEAD_MS, 3 * m_heartbeatMs))
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

   void              KeepUp(const ulong now)
     {
      if(now >= m_pingAt)
        {
         m_pingAt = now + (ulong)m_heartbeatMs;
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
                     CLink() : m_state(LINK_WAITING), m_login(0), m_connectedAt(0), m_pingAt(0), m_pingSeq(0), m_houseAt(0),
                     m_heartbeatMs(1000), m_maxBatch(512), m_sweepMs(10), m_connects(0) {}

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
            result = m_subscriptions.Round(m_maxBatch, m_connection);
         if(result == FEED_CURRENT || now >= until)
            return;
         if(result == FEED_STALLED)
            Sleep(1);
        }
     }

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
