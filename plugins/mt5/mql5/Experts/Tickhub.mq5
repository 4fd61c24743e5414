// Tickhub's Expert Advisor: sends every tick of the chosen symbols to Tickhub on this machine. It does not trade.
#property copyright   "Tickhub contributors, Apache-2.0"
#property version     "1.00"
#property description "Sends every tick of the chosen symbols to Tickhub on this machine. It does not trade."
#property description "First add 127.0.0.1 in Tools > Options > Expert Advisors > Allow WebRequest for listed URL."

#include <Tickhub/Link.mqh>

input string InpHost = "127.0.0.1"; // Tickhub's address
input int InpPort = 47800; // Tickhub's port
input string InpPipe = ""; // Named pipe instead (as in plugins.mt5.pipe)
input string InpToken = ""; // Token (empty: from the file)
input string InpTokenFile = "tickhub.token"; // Token file in MQL5\Files
input string InpEaId = ""; // Name of this link (empty: from the account)
input string InpSymbols = ""; // Symbols, with commas (empty: Market Watch)
input int InpSweepMs = 0; // Sweep in ms (0: as Tickhub says)
input bool InpBookEvents = true; // Wake up on depth of market too

CLink g_link;
int   g_timerMs = 0;
ulong g_commentAt = 0;

void Run()
  {
   g_link.Step();
   if(g_link.SweepMs() != g_timerMs)
     {
      g_timerMs = g_link.SweepMs();
      EventKillTimer();
      EventSetMillisecondTimer(g_timerMs);
     }
   if(GetTickCount64() >= g_commentAt)
     {
      g_commentAt = GetTickCount64() + 1000;
      Comment(g_link.Status());
     }
  }

int OnInit()
  {
   SSettings settings;
   settings.host = InpHost;
   settings.port = InpPort;
   settings.pipe = InpPipe;
   settings.token = InpToken;
   settings.tokenFile = InpTokenFile;
   settings.eaId = InpEaId;
   settings.symbols = InpSymbols;
   settings.chart = _Symbol;
   settings.sweepMs = InpSweepMs;
   settings.bookEvents = InpBookEvents;
   if(!g_link.Start(settings))
      return INIT_PARAMETERS_INCORRECT;
   g_timerMs = g_link.SweepMs();
   if(!EventSetMillisecondTimer(g_timerMs))
     {
      Print("Tickhub: the terminal gave no timer (error ", GetLastError(), "). Attach the Expert Advisor again.");
      return INIT_FAILED;
     }
   return INIT_SUCCEEDED;
  }

void OnDeinit(const int reason)
  {
   EventKillTimer();
   g_link.Stop();
   Comment("");
  }

void OnTimer()
  {
   Run();
  }

void OnTick()
  {
   Run();
  }

void OnBookEvent(const string &symbol)
  {
   g_link.BookEvent(symbol);
   Run();
  }
