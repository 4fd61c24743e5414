// The frames that belong to no symbol: HELLO, PING, PONG, ERR and BYE.
#ifndef TICKHUB_FRAMES_MQH
#define TICKHUB_FRAMES_MQH

#include <Tickhub/Identity.mqh>
#include <Tickhub/Outbox.mqh>

void WriteHello(COutbox &outbox, const string eaId, const string token)
  {
   outbox.Begin(TH_HELLO, 0, 0);
   outbox.U16(TH_PROTO);
   outbox.U16((int)sizeof(MqlTick));
   outbox.U64(NewLinkId());
   outbox.U64(LoginHash());
   outbox.I64((long)TimeTradeServer());
   outbox.I64((long)TimeGMT());
   outbox.I64((long)TimeCurrent());
   outbox.U32((uint)TerminalInfoInteger(TERMINAL_BUILD));
   outbox.Str(eaId);
   outbox.Str(AccountInfoString(ACCOUNT_SERVER));
   outbox.Str(token);
   outbox.End();
  }

void WritePing(COutbox &outbox, const ulong seq, const bool online, const uint sent, const uint stalls, const uint errors)
  {
   outbox.Begin(TH_PING, 0, 0);
   outbox.U64(seq);
   outbox.I64((long)GetMicrosecondCount());
   outbox.I64((long)TimeTradeServer());
   outbox.I64((long)TimeGMT());
   outbox.U8(online ? 1 : 0);
   outbox.U32(sent);
   outbox.U32(stalls);
   outbox.U32(errors);
   outbox.End();
  }

void WritePong(COutbox &outbox, const ulong seq, const long clock)
  {
   outbox.Begin(TH_PONG, 0, 0);
   outbox.U64(seq);
   outbox.I64(clock);
   outbox.End();
  }

// ERR or BYE.
void WriteEnd(COutbox &outbox, const int type, const int code, const string text)
  {
   outbox.Begin(type, 0, 0);
   outbox.U16(code);
   outbox.Str(text);
   outbox.End();
  }

#endif
