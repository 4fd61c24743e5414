// The account and its open positions, for reading: sent when they changed, at most once a second, and only what WELCOME asked for.
#ifndef TICKHUB_ACCOUNT_MQH
#define TICKHUB_ACCOUNT_MQH

#include <Tickhub/Clock.mqh>
#include <Tickhub/Outbox.mqh>

#define TH_ACCOUNT_MS    1000
#define TH_MAX_POSITIONS 5000

class CAccount
  {
private:
   int               m_share;
   ulong             m_nextAt;
   ulong             m_account;   // what the last ones sent came to
   ulong             m_positions;
   CServerClock      m_clock;

   void              WriteAccount(COutbox &outbox)
     {
      outbox.Begin(TH_ACCOUNT, 0, 0);
      outbox.I64(m_clock.Msc());
      const int body = outbox.Size();
      outbox.U8((int)AccountInfoInteger(ACCOUNT_TRADE_MODE));
      outbox.U32((uint)AccountInfoInteger(ACCOUNT_LEVERAGE));
      outbox.F64(AccountInfoDouble(ACCOUNT_BALANCE));
      outbox.F64(AccountInfoDouble(ACCOUNT_EQUITY));
      outbox.F64(AccountInfoDouble(ACCOUNT_MARGIN));
      outbox.F64(AccountInfoDouble(ACCOUNT_MARGIN_FREE));
      outbox.F64(AccountInfoDouble(ACCOUNT_PROFIT));
      outbox.Str(AccountInfoString(ACCOUNT_CURRENCY));
      const ulong sum = outbox.SumFrom(body);
      if(sum == m_account)
         outbox.Cancel();
      else
         outbox.End();
      m_account = sum;
     }

   void              WritePositions(COutbox &outbox)
     {
      const int total = PositionsTotal();
      const int n = MathMin(total, TH_MAX_POSITIONS);
      outbox.Begin(TH_POSITIONS, total > n ? TH_POSITIONS_CUT : 0, 0);
      outbox.I64(m_clock.Msc());
      const int body = outbox.Size();
      int written = 0;
      outbox.U16(0); // how many, once it is known
      for(int i = 0; i < n; i++)
        {
         const ulong ticket = PositionGetTicket(i);
         if(ticket == 0) // closed since PositionsTotal
            continue;
         outbox.U64(ticket);
         outbox.U8(PositionGetInteger(POSITION_TYPE) == POSITION_TYPE_BUY ? 0 : 1);
         outbox.F64(PositionGetDouble(POSITION_VOLUME));
         outbox.I64(PositionGetInteger(POSITION_TIME_MSC));
         outbox.F64(PositionGetDouble(POSITION_PRICE_OPEN));
         outbox.F64(PositionGetDouble(POSITION_PRICE_CURRENT));
         outbox.F64(PositionGetDouble(POSITION_SL));
         outbox.F64(PositionGetDouble(POSITION_TP));
         outbox.F64(PositionGetDouble(POSITION_PROFIT));
         outbox.F64(PositionGetDouble(POSITION_SWAP));
         outbox.Str(PositionGetString(POSITION_SYMBOL));
         written++;
        }
      outbox.PatchU16(body, written);
      const ulong sum = outbox.SumFrom(body);
      if(sum == m_positions)
         outbox.Cancel();
      else
         outbox.End();
      m_positions = sum;
     }

public:
                     CAccount() : m_share(0), m_nextAt(0), m_account(0), m_positions(0) {}

   // A connection begins: both are told once, if they are asked for.
   void              Share(const int share)
     {
      m_share = share;
      m_nextAt = 0;
      m_account = 0;
      m_positions = 0;
     }

   void              Write(const ulong now, COutbox &outbox)
     {
      if(m_share == 0 || now < m_nextAt)
         return;
      m_nextAt = now + TH_ACCOUNT_MS;
      if((m_share & TH_SHARE_ACCOUNT) != 0)
         WriteAccount(outbox);
      if((m_share & TH_SHARE_POSITIONS) != 0)
         WritePositions(outbox);
     }
  };

#endif
