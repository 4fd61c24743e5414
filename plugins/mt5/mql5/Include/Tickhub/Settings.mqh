// What the user may set, the same for the Expert Advisor and the service.
#ifndef TICKHUB_SETTINGS_MQH
#define TICKHUB_SETTINGS_MQH

struct SSettings
  {
   string            host;
   int               port;
   string            token;      // wins over tokenFile
   string            tokenFile;
   string            eaId;
   string            symbols;    // with commas; empty: Market Watch
   string            chart;      // the chart's symbol; empty in a service
   int               sweepMs;    // 0: as the plugin says
   bool              bookEvents; // wake up on OnBookEvent too
  };

// "" when they can be used, else what to change.
string WrongSetting(const SSettings &settings)
  {
   if(settings.host == "")
      return "the host is empty; set it to 127.0.0.1";
   if(settings.port < 1 || settings.port > 65535)
      return "port " + IntegerToString(settings.port) + " is not between 1 and 65535; the default is 47800";
   if(settings.token == "" && settings.tokenFile == "")
      return "neither a token nor a token file is set";
   if(settings.sweepMs < 0 || settings.sweepMs > 10000)
      return "a sweep of " + IntegerToString(settings.sweepMs) + " ms is not between 0 and 10000";
   return "";
  }

#endif
