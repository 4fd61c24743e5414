// What the user may set, the same for the Expert Advisor and the service.
#ifndef TICKHUB_SETTINGS_MQH
#define TICKHUB_SETTINGS_MQH

struct SSettings
  {
   string            host;
   int               port;
   string            pipe;       // instead of host and port: its name, as in plugins.mt5.pipe
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
   if(settings.pipe == "" && settings.host == "")
      return "the host is empty; set it to 127.0.0.1";
   if(settings.pipe == "" && (settings.port < 1 || settings.port > 65535))
      return "port " + IntegerToString(settings.port) + " is not between 1 and 65535; the default is 47800";
   if(StringFind(settings.pipe, "\\") >= 0 || StringFind(settings.pipe, "/") >= 0)
      return "the pipe is " + settings.pipe + "; give its name alone, as in plugins.mt5.pipe";
   if(settings.token == "" && settings.tokenFile == "")
      return "neither a token nor a token file is set";
   if(settings.sweepMs < 0 || settings.sweepMs > 10000)
      return "a sweep of " + IntegerToString(settings.sweepMs) + " ms is not between 0 and 10000";
   return "";
  }

// Where the link goes, in words.
string PlaceOf(const SSettings &settings)
  {
   return settings.pipe != "" ? "pipe tickhub-" + settings.pipe : settings.host + ":" + IntegerToString(settings.port);
  }

#endif
