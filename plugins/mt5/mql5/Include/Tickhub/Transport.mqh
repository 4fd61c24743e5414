// The way bytes go: a TCP socket, or a Windows named pipe opened as a file. A pipe has no timeouts: a read waits for its bytes and a write for
// room, so what may be read is asked for first (FileSize tells it, as MetaQuotes' own CFilePipe does), and what may be written is bounded by the
// outbox (see COutbox::Bound).
#ifndef TICKHUB_TRANSPORT_MQH
#define TICKHUB_TRANSPORT_MQH

#define TH_CONNECT_MS    1000
#define TH_SEND_MS       250
#define TH_PIPE_PREFIX   "\\\\.\\pipe\\tickhub-"

class CTransport
  {
private:
   int               m_socket;
   int               m_pipe;
   bool              m_broken; // the pipe refused to be read or written

public:
                     CTransport() : m_socket(INVALID_HANDLE), m_pipe(INVALID_HANDLE), m_broken(false) {}

   bool              IsOpen() const { return m_socket != INVALID_HANDLE || m_pipe != INVALID_HANDLE; }
   bool              IsPipe() const { return m_pipe != INVALID_HANDLE; }

   bool              Dial(const string host, const int port)
     {
      m_socket = SocketCreate();
      if(m_socket == INVALID_HANDLE || !SocketConnect(m_socket, host, (uint)port, TH_CONNECT_MS))
         return false;
      SocketTimeouts(m_socket, TH_SEND_MS, TH_SEND_MS); // the default waits for ever
      return true;
     }

   bool              OpenPipe(const string name)
     {
      m_broken = false;
      m_pipe = FileOpen(TH_PIPE_PREFIX + name, FILE_READ | FILE_WRITE | FILE_BIN);
      return m_pipe != INVALID_HANDLE;
     }

   void              Close()
     {
      if(m_socket != INVALID_HANDLE)
         SocketClose(m_socket);
      if(m_pipe != INVALID_HANDLE)
         FileClose(m_pipe);
      m_socket = INVALID_HANDLE;
      m_pipe = INVALID_HANDLE;
     }

   bool              IsConnected() { return IsPipe() ? !m_broken : SocketIsConnected(m_socket); }

   // Asked before a send, because a blocking send that times out leaves a Windows socket in an unknown state.
   bool              IsWritable()  { return IsPipe() ? !m_broken : SocketIsWritable(m_socket); }

   // Reads what has come; 0: nothing.
   int               Read(uchar &bytes[])
     {
      ResetLastError();
      if(!IsPipe())
        {
         const uint ready = SocketIsReadable(m_socket);
         // SocketIsReadable may say 1 though nothing came: then this waits 1 ms and brings nothing. 0 would mean two minutes.
         return ready > 0 ? MathMax(SocketRead(m_socket, bytes, ready, 1), 0) : 0;
        }
      const ulong ready = FileSize(m_pipe);
      if(GetLastError() != 0)
         m_broken = true;
      if(m_broken || ready == 0)
         return 0;
      ArrayResize(bytes, (int)ready);
      const uint got = FileReadArray(m_pipe, bytes, 0, (int)ready);
      m_broken = got == 0;
      return (int)got;
     }

   // Returns how many of the first `count` bytes were taken, or -1 when the connection broke.
   int               Send(const uchar &bytes[], const int count)
     {
      ResetLastError();
      if(!IsPipe())
         return SocketSend(m_socket, bytes, (uint)count);
      const uint sent = FileWriteArray(m_pipe, bytes, 0, count);
      FileFlush(m_pipe);
      m_broken = sent < (uint)count;
      return m_broken ? -1 : (int)sent;
     }
  };

#endif
