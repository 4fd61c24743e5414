// The link to Tickhub from the terminal's side: dial, HELLO, subscriptions, ticks, heartbeats, acks, goodbyes. See LINK.md.
// Step() does all the work and is called from every event that the program gets.
#ifndef TICKHUB_LINK_MQH
#define TICKHUB_LINK_MQH

#include <Tickhub/Backoff.mqh>
#include <Tickhub/Identity.mqh>
#include <Tickhub/Journal.mqh>
#include <Tickhub/Pump.mqh>
#include <Tickhub/Settings.mqh>

#define TH_DEAD_MS       3000
#define TH_REFUSED_MS    2000   // until the next try after a refusal that only a person can end
#define TH_RELOAD_MS     10
#define TH_STABLE_MS     5000
#define TH_HOUSEKEEP_MS  1000
#define TH_REFRESH_COUNT 32     // specifications read again a second
#define TH_STEP_MS       100    // longest stay in one event
#define TH_MAX_BATCH     17000  // ticks that fit into a frame of 1 MiB

enum ENUM_LINK_STATE
  {
   LINK_WAITING,  // no connection
   LINK_GREETING, // HELLO sent
   LINK_LIVE      // WELCOME came
  };

struct SAck
  {
   long              msc;
   uint              same;
  };

class CLink
  {
private:
   SSettings         m_settings;
   CConnection       m_connection;
   CSymbols          m_symbols;
   CPump             m_pump;
   CBackoff          m_backoff;
   CJournal          m_journal;
   SAck              m_acks[];
   ENUM_LINK_STATE   m_state;
   ulong             m_login;
   ulong             m_connectedAt;
   ulong             m_pingAt;
   ulong             m_pingSeq;
   ulong             m_houseAt;
   int               m_heartbeatMs;
   int               m_maxBatch;
   int               m_sweepMs;
   int               m_refreshed;
   uint              m_connects;

   string            Where() const { return m_settings.host + ":" + IntegerToString(m_settings.port); }

   void              Greet(const string token)
     {
      m_login = LoginHash();
      m_connection.outbox.Begin(TH_HELLO, 0, 0);
      m_connection.outbox.U16(TH_PROTO);
      m_connection.outbox.U16((int)sizeof(MqlTick));
      m_connection.outbox.U64(NewLinkId());
      m_connection.outbox.U64(m_login);
      m_connection.outbox.I64((long)TimeTradeServer());
      m_connection.outbox.I64((long)TimeGMT());
      m_connection.outbox.I64((long)TimeCurrent());
      m_connection.outbox.U32((uint)TerminalInfoInteger(TERMINAL_BUILD));
      m_connection.outbox.Str(EaIdOf(m_settings.eaId));
      m_connection.outbox.Str(AccountInfoString(ACCOUNT_SERVER));
      m_connection.outbox.Str(token);
      m_connection.outbox.End();
      m_connection.Flush();
     }

   void              Dial()
     {
      const string token = m_settings.token != "" ? m_settings.token : TokenFromFile(m_settings.tokenFile);
      if(token == "")
        {
         m_journal.Say("no token. Put the file " + m_settings.tokenFile + " that Tickhub wrote into this terminal's MQL5\\Files folder " +
                       "(File > Open Data Folder), or paste the token into the input \"Token\".");
         m_backoff.In(TH_REFUSED_MS);
         return;
        }
      if(!m_connection.Open(m_settings.host, m_settings.port))
        {
         if(m_connection.Error() == ERR_FUNCTION_NOT_ALLOWED)
            m_journal.Say("the terminal does not allow connections to " + m_settings.host + ". In Tools > Options > Expert Advisors tick " +
                          "\"Allow WebRequest for listed URL\" and add " + m_settings.host + " to the list. This program goes on trying.");
         else
            m_journal.Say("nothing answers at " + Where() + " (error " + IntegerToString(m_connection.Error()) + "). Is Tickhub running? " +
                          "If it is, check the port, and that " + m_settings.host + " is listed in Tools > Options > Expert Advisors.");
         m_backoff.Next();
         return;
        }
      m_state = LINK_GREETING;
      m_connectedAt = GetTickCount64();
      m_connects++;
      Greet(token);
     }

   // Ends the connection. `waitMs` < 0: dial again after the backoff.
   void              Drop(const int waitMs)
     {
      if(m_state == LINK_LIVE && GetTickCount64() - m_connectedAt >= TH_STABLE_MS)
         m_backoff.Reset();
      for(int i = 0; i < m_symbols.Count(); i++)
         Unwatch(i);
      m_pump.Reset();
      m_connection.Close();
      m_state = LINK_WAITING;
      if(waitMs < 0)
         m_backoff.Next();
      else
         m_backoff.In(waitMs);
     }

   void              SayGoodbye(const int type, const int code, const string text)
     {
      m_connection.outbox.Begin(type, 0, 0);
      m_connection.outbox.U16(code);
      m_connection.outbox.Str(text);
      m_connection.outbox.End();
      m_connection.Flush();
     }

   void              BadFrame(const string text)
     {
      m_journal.Say("Tickhub sent what this version does not understand (" + text + "). Use the Expert Advisor that came with it.");
      SayGoodbye(TH_ERR, TH_BAD_FRAME, text);
      Drop(-1);
     }

   void              Welcome()
     {
      const int proto = m_connection.inbox.U16();
      const int heartbeatMs = m_connection.inbox.U16();
      const int maxBatch = m_connection.inbox.U16();
      const int sweepMs = m_connection.inbox.U16();
      if(!m_connection.inbox.Exact() || m_state != LINK_GREETING || proto != TH_PROTO || heartbeatMs == 0 || maxBatch == 0)
        {
         BadFrame("WELCOME");
         return;
        }
      m_heartbeatMs = heartbeatMs;
      m_maxBatch = MathMin(maxBatch, TH_MAX_BATCH);
      m_sweepMs = m_settings.sweepMs > 0 ? m_settings.sweepMs : MathMax(sweepMs, 1);
      m_state = LINK_LIVE;
      m_pingAt = 0;
      for(int i = 0; i < m_symbols.Count(); i++)
         m_symbols.Write(i, m_connection.outbox);
      m_journal.Say("connected to " + Where() + " as " + EaIdOf(m_settings.eaId) + ", " + IntegerToString(m_symbols.Count()) + " symbols.");
     }

   void              NoSymbol(const string name)
     {
      SayGoodbye(TH_ERR, TH_NO_SYMBOL, name);
     }

   void              Subscribe()
     {
      const int i = m_connection.inbox.SymIdx() - 1;
      const long msc = m_connection.inbox.I64();
      const uint same = m_connection.inbox.U32();
      const uint maxBackfillMs = m_connection.inbox.U32();
      const int wants = m_connection.inbox.U16();
      if(!m_connection.inbox.Exact() || msc < 0)
        {
         BadFrame("SUB");
         return;
        }
      if(i < 0 || i >= m_symbols.Count())
        {
         NoSymbol("#" + IntegerToString(i + 1));
         return;
        }
      if((wants & TH_WANT_TICKS) == 0)
        {
         Unsubscribe(i);
         return;
        }
      m_pump.Start(i, m_symbols.Name(i), msc, same, maxBackfillMs);
      if(m_settings.bookEvents && m_symbols.BookDepth(i) > 0)
         MarketBookAdd(m_symbols.Name(i));
     }

   void              Unwatch(const int i)
     {
      if(m_settings.bookEvents && m_pump.Active(i) && m_symbols.BookDepth(i) > 0)
         MarketBookRelease(m_symbols.Name(i));
     }

   void              Unsubscribe(const int i)
     {
      if(i < 0 || i >= m_symbols.Count())
         return;
      Unwatch(i);
      m_pump.Stop(i);
     }

   void              Watch()
     {
      const int n = m_connection.inbox.U16();
      string names[];
      ArrayResize(names, n);
      for(int k = 0; k < n; k++)
         names[k] = m_connection.inbox.Str();
      if(!m_connection.inbox.Exact())
        {
         BadFrame("WATCH");
         return;
        }
      for(int k = 0; k < n; k++)
        {
         const int known = m_symbols.Count();
         const int i = m_symbols.Add(names[k]);
         if(i < 0)
            NoSymbol(names[k]);
         else if(i >= known)
            m_symbols.Write(i, m_connection.outbox);
        }
     }

   void              Acknowledged()
     {
      const int n = m_connection.inbox.U16();
      for(int k = 0; k < n; k++)
        {
         const int i = m_connection.inbox.U16() - 1;
         const long msc = m_connection.inbox.I64();
         const uint same = m_connection.inbox.U32();
         if(i < 0 || i >= m_symbols.Count())
            continue;
         while(ArraySize(m_acks) <= i)
           {
            ArrayResize(m_acks, ArraySize(m_acks) + 1, 64);
            m_acks[ArraySize(m_acks) - 1].msc = 0;
            m_acks[ArraySize(m_acks) - 1].same = 0;
           }
         m_acks[i].msc = msc;
         m_acks[i].same = same;
        }
      if(!m_connection.inbox.Exact())
         BadFrame("ACK");
     }

   void              Pong()
     {
      const ulong seq = m_connection.inbox.U64();
      const long clock = m_connection.inbox.I64();
      if(!m_connection.inbox.Exact())
        {
         BadFrame("PING");
         return;
        }
      m_connection.outbox.Begin(TH_PONG, 0, 0);
      m_connection.outbox.U64(seq);
      m_connection.outbox.I64(clock);
      m_connection.outbox.End();
     }

   void              Refused()
     {
      const int code = m_connection.inbox.U16();
      const string text = m_connection.inbox.Str();
      if(!m_connection.inbox.Exact())
        {
         BadFrame("ERR");
         return;
        }
      switch(code)
        {
         case TH_BUSY:
            m_pump.Hold(500);
            return;
         case TH_NO_SYMBOL:
            return;
         case TH_BAD_TOKEN:
            m_journal.Say("refused: bad token (" + text + "). Copy the current " + m_settings.tokenFile + " into MQL5\\Files, or paste the " +
                          "current token into the input \"Token\". This program goes on trying.");
            Drop(TH_REFUSED_MS);
            return;
         case TH_BAD_PROTO:
            m_journal.Say("refused: this Expert Advisor and Tickhub do not fit together (" + text + "). Install the one that came with it.");
            Drop(TH_REFUSED_MS);
            return;
         case TH_DUPLICATE_EA:
            m_journal.Say("refused: another terminal or chart is connected as " + EaIdOf(m_settings.eaId) + " (" + text +
                          "). Remove it there, or give this one another \"Name of this link\".");
            Drop(TH_REFUSED_MS);
            return;
        }
      m_journal.Say("Tickhub ended the connection: " + text + " (code " + IntegerToString(code) + ").");
      Drop(-1);
     }

   void              Goodbye()
     {
      const int code = m_connection.inbox.U16();
      const string text = m_connection.inbox.Str();
      if(!m_connection.inbox.Exact())
        {
         BadFrame("BYE");
         return;
        }
      if(code == TH_RELOAD)
        {
         m_backoff.Reset();
         Drop(TH_RELOAD_MS);
         return;
        }
      m_journal.Say("Tickhub says goodbye: " + text + " (code " + IntegerToString(code) + "). Reconnecting.");
      Drop(-1);
     }

   void              Handle()
     {
      const int type = m_connection.inbox.Type();
      if(m_state == LINK_GREETING && type != TH_WELCOME && type != TH_ERR && type != TH_BYE && type != TH_PING)
        {
         BadFrame("frame " + IntegerToString(type) + " before WELCOME");
         return;
        }
      switch(type)
        {
         case TH_WELCOME:
            Welcome();
            break;
         case TH_SUB:
            Subscribe();
            break;
         case TH_UNSUB:
            if(m_connection.inbox.Exact())
               Unsubscribe(m_connection.inbox.SymIdx() - 1);
            else
               BadFrame("UNSUB");
            break;
         case TH_WATCH:
            Watch();
            break;
         case TH_ACK:
            Acknowledged();
            break;
         case TH_PING:
            Pong();
            break;
         case TH_ERR:
            Refused();
            break;
         case TH_BYE:
            Goodbye();
            break;
         case TH_PONG:
         case TH_BOOK:
         case TH_ACCOUNT:
         case TH_POSITIONS:
            break;
         default:
            BadFrame("frame type " + IntegerToString(type));
        }
     }

   // Takes what came. False when the connection ended.
   bool              Listen()
     {
      const bool open = m_connection.Receive();
      int next = m_connection.inbox.Next();
      while(next > 0 && m_state != LINK_WAITING)
        {
         Handle();
         if(m_state != LINK_WAITING)
            next = m_connection.inbox.Next();
        }
      if(m_state == LINK_WAITING)
         return false;
      if(next < 0)
        {
         BadFrame("length of a frame");
         return false;
        }
      if(open)
         return true;
      m_journal.Say("the connection to " + Where() + " broke (error " + IntegerToString(m_connection.Error()) + "). Reconnecting.");
      Drop(-1);
      return false;
     }

   void              Ping(const ulong now)
     {
      if(now < m_pingAt)
         return;
      m_pingAt = now + (ulong)m_heartbeatMs;
      m_connection.outbox.Begin(TH_PING, 0, 0);
      m_connection.outbox.U64(++m_pingSeq);
      m_connection.outbox.I64((long)GetMicrosecondCount());
      m_connection.outbox.I64((long)TimeTradeServer());
      m_connection.outbox.I64((long)TimeGMT());
      m_connection.outbox.U8(m_pump.IsOnline() ? 1 : 0);
      m_connection.outbox.U32(m_pump.Sent());
      m_connection.outbox.U32(m_connection.Stalls());
      m_connection.outbox.U32(m_pump.Errors());
      m_connection.outbox.End();
     }

   // Announces symbols that are new or changed.
   void              Housekeep(const ulong now)
     {
      if(now < m_houseAt)
         return;
      m_houseAt = now + TH_HOUSEKEEP_MS;
      const int known = m_symbols.Count();
      m_symbols.FollowMarketWatch();
      for(int i = known; i < m_symbols.Count(); i++)
         m_symbols.Write(i, m_connection.outbox);
      for(int k = 0; k < MathMin(known, TH_REFRESH_COUNT); k++)
        {
         m_refreshed = (m_refreshed + 1) % known;
         if(m_symbols.Refresh(m_refreshed))
            m_symbols.Write(m_refreshed, m_connection.outbox);
        }
     }

   // Reasons to give the connection up. True when it was.
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
      if(m_login != LoginHash())
        {
         m_journal.Say("the account changed. Reconnecting.");
         SayGoodbye(TH_BYE, TH_STOPPING, "account changed");
         Drop(0);
         return true;
        }
      return false;
     }

public:
                     CLink() : m_state(LINK_WAITING), m_login(0), m_connectedAt(0), m_pingAt(0), m_pingSeq(0), m_houseAt(0),
                     m_heartbeatMs(1000), m_maxBatch(512), m_sweepMs(10), m_refreshed(0), m_connects(0) {}

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
      const string missing = m_symbols.Load(settings.symbols, settings.chart);
      if(missing != "")
         m_journal.Say("the broker has no symbol " + missing + "; left out. Names must be as in Market Watch.");
      return true;
     }

   void              Stop()
     {
      if(m_state == LINK_WAITING)
         return;
      SayGoodbye(TH_BYE, TH_STOPPING, "the Expert Advisor was removed or the terminal closes");
      Drop(-1);
     }

   // Everything that can be done now. Never longer than about 100 ms, unless the terminal itself has to load history.
   void              Step()
     {
      m_pump.Online(TerminalInfoInteger(TERMINAL_CONNECTED) != 0);
      if(m_state == LINK_WAITING)
        {
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
         Ping(now);
         Housekeep(now);
         ENUM_FEED_RESULT result = FEED_STALLED;
         if(m_connection.Flush())
            result = m_pump.Round(m_symbols, m_maxBatch, m_connection);
         if(result == FEED_CURRENT || now >= until)
            return;
         if(result == FEED_STALLED)
            Sleep(1);
        }
     }

   int               SweepMs() const              { return m_sweepMs; }
   ENUM_LINK_STATE   State() const                { return m_state; }
   uint              Connects() const             { return m_connects; }
   uint              Sent() const                 { return m_pump.Sent(); }
   uint              Stalls() const               { return m_connection.Stalls(); }
   uint              CopyErrors() const           { return m_pump.Errors(); }
   int               SymbolCount() const          { return m_symbols.Count(); }
   string            SymbolName(const int i) const { return m_symbols.Name(i); }
   long              AckedMsc(const int i) const  { return i < ArraySize(m_acks) ? m_acks[i].msc : 0; }
   uint              AckedSame(const int i) const { return i < ArraySize(m_acks) ? m_acks[i].same : 0; }

   // One line for the chart.
   string            Status() const
     {
      if(m_state == LINK_LIVE)
         return "Tickhub: connected to " + Where() + ", " + IntegerToString(m_symbols.Count()) + " symbols, " +
                IntegerToString(m_pump.Sent()) + " ticks sent";
      return m_state == LINK_GREETING ? "Tickhub: asking " + Where() : "Tickhub: not connected to " + Where() + " (see the Experts tab)";
     }
  };

#endif
