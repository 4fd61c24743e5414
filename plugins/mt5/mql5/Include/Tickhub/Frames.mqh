// The frames that belong to no symbol: HELLO, WELCOME, PING, PONG, ERR and BYE. Readers return false when the body is not what it should be.
#ifndef TICKHUB_FRAMES_MQH
#define TICKHUB_FRAMES_MQH

#include <Tickhub/Identity.mqh>
#include <Tickhub/Inbox.mqh>
#include <Tickhub/Outbox.mqh>

#define TH_MAX_BATCH 17000 // ticks that fit into a frame of 1 MiB

// What WELCOME says.
struct STerms
  {
   int               heartbeatMs;
   int               maxBatch;
   int               sweepMs;
   int               bookMs;
   int               share;
  };

bool ReadWelcome(CInbox &inbox, STerms &terms)
  {
   const int proto = inbox.U16();
   terms.heartbeatMs = inbox.U16();
   terms.maxBatch = MathMin(inbox.U16(), TH_MAX_BATCH);
   terms.sweepMs = inbox.U16();
   terms.bookMs = inbox.U16();
   terms.share = inbox.U16();
   return inbox.Exact() && proto == TH_PROTO && terms.heartbeatMs > 0 && terms.maxBatch > 0;
  }

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

// Answers a PING with its own bytes.
bool AnswerPing(CInbox &inbox, COutbox &outbox)
  {
   const ulong seq = inbox.U64();
   const long clock = inbox.I64();
   if(!inbox.Exact())
      return false;
   outbox.Begin(TH_PONG, 0, 0);
   outbox.U64(seq);
   outbox.I64(clock);
   outbox.End();
   return true;
  }

// Takes what the other end's PONG tells of how far it has read.
bool ReadPong(CInbox &inbox, COutbox &outbox)
  {
   const ulong seq = inbox.U64();
   inbox.I64();
   if(!inbox.Exact())
      return false;
   outbox.Heard(seq);
   return true;
  }

// ERR or BYE.
bool ReadEnd(CInbox &inbox, int &code, string &text)
  {
   code = inbox.U16();
   text = inbox.Str();
   return inbox.Exact();
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
