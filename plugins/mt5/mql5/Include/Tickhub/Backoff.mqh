// When to dial again: 100 ms doubling to 2 s, each with up to a quarter of jitter either way. After a RELOAD each 10 ms for half a second: the new
// version of the plugin is about to listen, and every wait would be a gap.
#ifndef TICKHUB_BACKOFF_MQH
#define TICKHUB_BACKOFF_MQH

#define TH_BACKOFF_FIRST_MS 100
#define TH_BACKOFF_MAX_MS   2000
#define TH_HURRY_MS         10
#define TH_HURRY_FOR_MS     500

class CBackoff
  {
private:
   int               m_step;
   ulong             m_at;
   ulong             m_hurryUntil;

public:
                     CBackoff() : m_step(TH_BACKOFF_FIRST_MS), m_at(0), m_hurryUntil(0) {}

   bool              Due() const { return GetTickCount64() >= m_at; }
   void              Reset() { m_step = TH_BACKOFF_FIRST_MS; }

   void              In(const int ms) { m_at = GetTickCount64() + (ulong)ms; }

   void              Hurry()
     {
      Reset();
      m_hurryUntil = GetTickCount64() + TH_HURRY_FOR_MS;
      In(TH_HURRY_MS);
     }

   // The new version has answered.
   void              Calm() { m_hurryUntil = 0; }

   void              Next()
     {
      if(GetTickCount64() < m_hurryUntil)
        {
         In(TH_HURRY_MS);
         return;
        }
      const int quarter = m_step / 4;
      In(m_step - quarter + (int)((long)MathRand() * 2 * quarter / 32767));
      m_step = MathMin(m_step * 2, TH_BACKOFF_MAX_MS);
     }
  };

#endif
