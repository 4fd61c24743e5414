// When to dial again: 100 ms doubling to 2 s, each with up to a quarter of jitter either way.
#ifndef TICKHUB_BACKOFF_MQH
#define TICKHUB_BACKOFF_MQH

#define TH_BACKOFF_FIRST_MS 100
#define TH_BACKOFF_MAX_MS   2000

class CBackoff
  {
private:
   int               m_step;
   ulong             m_at;

public:
                     CBackoff() : m_step(TH_BACKOFF_FIRST_MS), m_at(0) {}

   bool              Due() const { return GetTickCount64() >= m_at; }
   void              Reset() { m_step = TH_BACKOFF_FIRST_MS; }

   void              In(const int ms) { m_at = GetTickCount64() + (ulong)ms; }

   void              Next()
     {
      const int quarter = m_step / 4;
      In(m_step - quarter + (int)((long)MathRand() * 2 * quarter / 32767));
      m_step = MathMin(m_step * 2, TH_BACKOFF_MAX_MS);
     }
  };

#endif
