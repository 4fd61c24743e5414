// Tickhub as an MQL5 service: the same link as the Expert Advisor, without a chart, started with the terminal.
#property service
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

CLink g_link;

void OnStart()
  {
   SSettings settings;
   settings.host = InpHost;
   settings.port = InpPort;
   settings.pipe = InpPipe;
   settings.token = InpToken;
   settings.tokenFile = InpTokenFile;
   settings.eaId = InpEaId;
   settings.symbols = InpSymbols;
   settings.chart = "";
   settings.sweepMs = InpSweepMs;
   settings.bookEvents = false; // a service gets no events
   if(!g_link.Start(settings))
      return;
   while(!IsStopped())
     {
      g_link.Step();
      Sleep(g_link.SweepMs());
     }
   g_link.Stop();
  }
