// What the user reads in the Experts tab when the link does not come about: what happened, and what to do.
#ifndef TICKHUB_ADVICE_MQH
#define TICKHUB_ADVICE_MQH

#include <Tickhub/Settings.mqh>
#include <Tickhub/Wire.mqh>

string AdviceNoToken(const SSettings &settings)
  {
   return "no token. Put the file " + settings.tokenFile + " that Tickhub wrote into this terminal's MQL5\\Files folder " +
          "(File > Open Data Folder), or paste the token into the input \"Token\".";
  }

// The terminal could not connect; `error` is its code.
string AdviceNoConnection(const SSettings &settings, const int error)
  {
   if(settings.pipe != "")
      return "there is no " + PlaceOf(settings) + " (error " + IntegerToString(error) + "). Is Tickhub running, with plugins.mt5.pipe set to \"" +
             settings.pipe + "\"? Leave the input \"Pipe\" empty to connect to " + settings.host + ":" + IntegerToString(settings.port) + ".";
   if(error == ERR_FUNCTION_NOT_ALLOWED)
      return "the terminal does not allow connections to " + settings.host + ". In Tools > Options > Expert Advisors tick " +
             "\"Allow WebRequest for listed URL\" and add " + settings.host + " to the list. This program goes on trying.";
   return "nothing answers at " + settings.host + ":" + IntegerToString(settings.port) + " (error " + IntegerToString(error) + "). " +
          "Is Tickhub running? If it is, check the port, and that " + settings.host + " is listed in Tools > Options > Expert Advisors.";
  }

// Tickhub refused with `code` and `text`.
string AdviceRefused(const SSettings &settings, const string eaId, const int code, const string text)
  {
   switch(code)
     {
      case TH_BAD_TOKEN:
         return "refused: bad token (" + text + "). Copy the current " + settings.tokenFile + " into MQL5\\Files, or paste the " +
                "current token into the input \"Token\". This program goes on trying.";
      case TH_BAD_PROTO:
         return "refused: this program and Tickhub do not fit together (" + text + "). Install the one that came with it.";
      case TH_DUPLICATE_EA:
         return "refused: another terminal or chart is connected as " + eaId + " (" + text +
                "). Remove it there, or give this one another \"Name of this link\".";
     }
   return "Tickhub ended the connection: " + text + " (code " + IntegerToString(code) + ").";
  }

// Refusals that only a person can end: no use in trying more often than every 2 s.
bool IsForPerson(const int code)
  {
   return code == TH_BAD_TOKEN || code == TH_BAD_PROTO || code == TH_DUPLICATE_EA;
  }

#endif
