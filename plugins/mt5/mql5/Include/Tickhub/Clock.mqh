// The broker's clock in milliseconds. TimeTradeServer counts whole seconds; what passed since it last stepped is added.
#ifndef TICKHUB_CLOCK_MQH
#define TICKHUB_CLOCK_MQH

class CServerClock
  {
private:
   long              m_second;
   ulong             m_since;

public:
                     CServerClock() : m_second(0), m_since(0) {}

   long              Msc()
     {
      const long second = (long)TimeTradeServer();
      if(second != m_second)
        {
         m_second = second;
         m_since = GetTickCount64();
        }
      return second * 1000 + (long)MathMin(GetTickCount64() - m_since, (ulong)999);
     }
  };

#endif
