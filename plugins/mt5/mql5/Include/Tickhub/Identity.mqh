// Who this link is: the token, the name of the EA, the account's hash, and a number for each connection.
#ifndef TICKHUB_IDENTITY_MQH
#define TICKHUB_IDENTITY_MQH

// FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/), over the text's UTF-8.
ulong HashOf(const string text)
  {
   uchar utf8[];
   const int n = StringToCharArray(text, utf8, 0, WHOLE_ARRAY, CP_UTF8) - 1;
   ulong hash = 0xCBF29CE484222325;
   for(int i = 0; i < n; i++)
     {
      hash ^= (ulong)utf8[i];
      hash *= 0x100000001B3;
     }
   return hash;
  }

// The account number stays in the terminal: only this hash goes out.
ulong LoginHash()
  {
   return HashOf(IntegerToString(AccountInfoInteger(ACCOUNT_LOGIN)) + "@" + AccountInfoString(ACCOUNT_SERVER));
  }

// A number that no other connection of this or another terminal has.
ulong NewLinkId()
  {
   string seed = IntegerToString((long)TimeLocal()) + "." + IntegerToString((long)GetMicrosecondCount());
   for(int i = 0; i < 5; i++)
      seed += "." + IntegerToString(MathRand());
   return HashOf(seed);
  }

// The name as given, or one that follows from the account, so that two terminals never share it.
string EaIdOf(const string given)
  {
   return given != "" ? given : "mt5-" + StringSubstr(StringFormat("%I64x", LoginHash()), 0, 12);
  }

// Reads the first line of a file in MQL5/Files, or in the folder that all terminals share. "" when there is none.
string TokenFromFile(const string name)
  {
   int file = FileOpen(name, FILE_READ | FILE_TXT | FILE_ANSI | FILE_SHARE_READ | FILE_SHARE_WRITE);
   if(file == INVALID_HANDLE)
      file = FileOpen(name, FILE_READ | FILE_TXT | FILE_ANSI | FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_COMMON);
   if(file == INVALID_HANDLE)
      return "";
   string token = FileReadString(file);
   FileClose(file);
   StringTrimLeft(token);
   StringTrimRight(token);
   return token;
  }

#endif
