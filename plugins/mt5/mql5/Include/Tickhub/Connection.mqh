// One connection: bytes in, bytes out, and whether it still stands. It knows frames only as bytes.
#ifndef TICKHUB_CONNECTION_MQH
#define TICKHUB_CONNECTION_MQH

#include <Tickhub/Inbox.mqh>
#include <Tickhub/Outbox.mqh>
#include <Tickhub/Settings.mqh>

#define TH_FLUSH_BYTES   65536
#define TH_PIPE_WINDOW   49152 // a pipe's buffer has 64 KiB on either side

class CConnection
  {
private:
   CTransport        m_transport;
   bool              m_stalled;
   uint              m_stalls;
   int               m_error;
   ulong             m_heardAt; // GetTickCount64 when bytes last came

public:
   COutbox           outbox;
   CInbox            inbox;

                     CConnection() : m_stalled(false), m_stalls(0), m_error(0), m_heardAt(0) {}

   bool              IsOpen() const  { return m_transport.IsOpen(); }
   uint              Stalls() const  { return m_stalls; }
   // The terminal's error code of the last failure.
   int               Error() const   { return m_error; }
   ulong             SilentMs() const { return GetTickCount64() - m_heardAt; }

   bool              Open(const SSettings &settings)
     {
      Close();
      inbox.Clear();
      ResetLastError();
      if(settings.pipe != "" ? !m_transport.OpenPipe(settings.pipe) : !m_transport.Dial(settings.host, settings.port))
        {
         m_error = GetLastError();
         Close();
         return false;
        }
      outbox.Bound(m_transport.IsPipe() ? TH_PIPE_WINDOW : 0);
      m_heardAt = GetTickCount64();
      return true;
     }

   void              Close()
     {
      m_transport.Close();
      m_stalled = false;
      outbox.Clear();
     }

   // Sends what the transport takes without waiting for a slow reader. False: bytes are left (or the connection broke);
   // make no more frames until it is true again.
   bool              Flush()
     {
      while(outbox.Size() > 0)
        {
         if(!IsOpen())
            return false;
         if(!m_transport.IsWritable())
           {
            if(!m_transport.IsConnected())
              {
               Broken();
               return false;
              }
            return Stalled();
           }
         if(outbox.SendTo(m_transport) < 0)
           {
            Broken();
            return false;
           }
         if(outbox.Size() > 0)
            return Stalled();
        }
      m_stalled = false;
      return true;
     }

   // Sends when enough has gathered; true while more frames may be made.
   bool              FlushIfFull() { return outbox.Size() < TH_FLUSH_BYTES || Flush(); }

   // Moves waiting bytes into `inbox`. False when the connection is gone; what came before that is still in `inbox`.
   bool              Receive()
     {
      while(IsOpen())
        {
         uchar bytes[];
         const int got = m_transport.Read(bytes);
         if(got > 0)
           {
            m_heardAt = GetTickCount64();
            inbox.Append(bytes, got);
            continue;
           }
         if(!m_transport.IsConnected())
            Broken();
         break;
        }
      return IsOpen();
     }

private:
   // Counted once for each time that it cannot go on.
   bool              Stalled()
     {
      if(!m_stalled)
         m_stalls++;
      m_stalled = true;
      return false;
     }

   void              Broken()
     {
      m_error = GetLastError();
      if(m_error == 0)
         m_error = ERR_NETSOCKET_IO_ERROR;
      Close();
     }
  };

#endif
