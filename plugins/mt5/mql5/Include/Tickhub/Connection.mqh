// One TCP connection: bytes in, bytes out, and whether it still stands. It knows frames only as bytes.
#ifndef TICKHUB_CONNECTION_MQH
#define TICKHUB_CONNECTION_MQH

#include <Tickhub/Inbox.mqh>
#include <Tickhub/Outbox.mqh>

#define TH_CONNECT_MS    1000
#define TH_SEND_MS       250
#define TH_FLUSH_BYTES   65536

class CConnection
  {
private:
   int               m_socket;
   bool              m_stalled;
   uint              m_stalls;
   int               m_error;
   ulong             m_heardAt; // GetTickCount64 when bytes last came

public:
   COutbox           outbox;
   CInbox            inbox;

                     CConnection() : m_socket(INVALID_HANDLE), m_stalled(false), m_stalls(0), m_error(0), m_heardAt(0) {}

   bool              IsOpen() const  { return m_socket != INVALID_HANDLE; }
   uint              Stalls() const  { return m_stalls; }
   // The terminal's error code of the last failure.
   int               Error() const   { return m_error; }
   ulong             SilentMs() const { return GetTickCount64() - m_heardAt; }

   bool              Open(const string host, const int port)
     {
      Close();
      inbox.Clear();
      ResetLastError();
      m_socket = SocketCreate();
      if(m_socket == INVALID_HANDLE)
        {
         m_error = GetLastError();
         return false;
        }
      if(!SocketConnect(m_socket, host, (uint)port, TH_CONNECT_MS))
        {
         m_error = GetLastError();
         Close();
         return false;
        }
      SocketTimeouts(m_socket, TH_SEND_MS, TH_SEND_MS); // the default waits for ever
      m_heardAt = GetTickCount64();
      return true;
     }

   void              Close()
     {
      if(m_socket != INVALID_HANDLE)
         SocketClose(m_socket);
      m_socket = INVALID_HANDLE;
      m_stalled = false;
      outbox.Clear();
     }

   // Sends what the socket takes without waiting for a slow reader. False: bytes are left (or the connection broke);
   // make no more frames until it is true again.
   bool              Flush()
     {
      while(outbox.Size() > 0)
        {
         if(!IsOpen())
            return false;
         // Asked first, because a blocking send that times out leaves a Windows socket in an unknown state.
         if(!SocketIsWritable(m_socket))
           {
            if(!SocketIsConnected(m_socket))
              {
               Broken();
               return false;
              }
            if(!m_stalled)
               m_stalls++;
            m_stalled = true;
            return false;
           }
         ResetLastError();
         const int sent = outbox.SendTo(m_socket);
         if(sent < 0)
           {
            Broken();
            return false;
           }
         if(outbox.Size() > 0)
           {
            m_stalls++;
            m_stalled = true;
            return false;
           }
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
         ResetLastError();
         const uint ready = SocketIsReadable(m_socket);
         if(ready > 0)
           {
            uchar bytes[];
            // SocketIsReadable may say 1 though nothing came: then this waits 1 ms and brings nothing. 0 would mean two minutes.
            const int got = SocketRead(m_socket, bytes, ready, 1);
            if(got > 0)
              {
               m_heardAt = GetTickCount64();
               inbox.Append(bytes, got);
               continue;
              }
           }
         if(!SocketIsConnected(m_socket))
            Broken();
         break;
        }
      return IsOpen();
     }

private:
   void              Broken()
     {
      m_error = GetLastError();
      if(m_error == 0)
         m_error = ERR_NETSOCKET_IO_ERROR;
      Close();
     }
  };

#endif
