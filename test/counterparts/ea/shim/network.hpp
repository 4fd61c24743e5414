// MQL5's Socket* functions on POSIX sockets, with their oddities: a handle that is not the system's, a dummy 1 from
// SocketIsReadable, a send that may end before its bytes do.
#pragma once
#include <arpa/inet.h>
#include <netinet/tcp.h>
#undef TH_ACK  // a BSD flag of that header, and a name in our Wire.mqh
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>

#include "language.hpp"

namespace mql {
struct Socket {
  int fd = -1;
  int send_ms = -1;
  bool dummy = true;  // the next look into an empty socket says 1
};
inline std::vector<Socket> sockets;
inline int send_buffer = 1 << 20;
inline bool host_allowed = true;

inline Socket *socket_of(int handle) {
  if (handle < 0 || static_cast<std::size_t>(handle) >= sockets.size() || sockets[static_cast<std::size_t>(handle)].fd < 0) {
    last_error = ERR_NETSOCKET_INVALIDHANDLE;
    return nullptr;
  }
  return &sockets[static_cast<std::size_t>(handle)];
}

inline bool ready(int fd, short events, int ms) {
  pollfd p{fd, events, 0};
  return ::poll(&p, 1, ms) > 0 && (p.revents & (events | POLLERR | POLLHUP)) != 0;
}
}  // namespace mql

inline int SocketCreate() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    mql::last_error = ERR_NETSOCKET_CANNOT_CONNECT;
    return INVALID_HANDLE;
  }
  ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &mql::send_buffer, sizeof mql::send_buffer);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  for (std::size_t i = 0; i < mql::sockets.size(); i++) {
    if (mql::sockets[i].fd >= 0) continue;
    mql::sockets[i] = mql::Socket{fd, -1, true};
    return static_cast<int>(i);
  }
  mql::sockets.push_back(mql::Socket{fd, -1, true});
  return static_cast<int>(mql::sockets.size() - 1);
}

inline bool SocketClose(int handle) {
  mql::Socket *s = mql::socket_of(handle);
  if (s == nullptr) return false;
  ::close(s->fd);
  s->fd = -1;
  return true;
}

inline bool SocketConnect(int handle, const string &host, uint port, uint timeout_ms) {
  mql::Socket *s = mql::socket_of(handle);
  if (s == nullptr) return false;
  if (!mql::host_allowed) {
    mql::last_error = ERR_FUNCTION_NOT_ALLOWED;
    return false;
  }
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(static_cast<std::uint16_t>(port));
  int error = 0;
  socklen_t len = sizeof error;
  if (::inet_pton(AF_INET, host.c_str(), &a.sin_addr) == 1) {
    if (::connect(s->fd, reinterpret_cast<sockaddr *>(&a), sizeof a) == 0) return true;
    if (errno == EINPROGRESS && mql::ready(s->fd, POLLOUT, static_cast<int>(timeout_ms)) &&
        ::getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error == 0)
      return true;
  }
  mql::last_error = ERR_NETSOCKET_CANNOT_CONNECT;
  return false;
}

inline bool SocketTimeouts(int handle, uint send_ms, uint) {
  mql::Socket *s = mql::socket_of(handle);
  if (s == nullptr) return false;
  s->send_ms = static_cast<int>(send_ms);
  return true;
}

inline bool SocketIsConnected(int handle) {
  mql::Socket *s = mql::socket_of(handle);
  if (s == nullptr) return false;
  char c;
  const ssize_t n = ::recv(s->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT);
  if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))) return true;
  mql::last_error = ERR_NETSOCKET_IO_ERROR;
  return false;
}

inline bool SocketIsWritable(int handle) {
  mql::Socket *s = mql::socket_of(handle);
  return s != nullptr && mql::ready(s->fd, POLLOUT, 0);
}

inline uint SocketIsReadable(int handle) {
  mql::Socket *s = mql::socket_of(handle);
  if (s == nullptr) return 0;
  int n = 0;
  if (::ioctl(s->fd, FIONREAD, &n) != 0) return 0;
  if (n == 0 && s->dummy) {
    s->dummy = false;
    return 1;
  }
  return static_cast<uint>(n);
}

inline int SocketRead(int handle, Array<uchar> &to, uint max, uint timeout_ms) {
  mql::Socket *s = mql::socket_of(handle);
  if (s == nullptr) return -1;
  if (timeout_ms == 0) mql::fatal("SocketRead with timeout 0 waits for two minutes in MQL5");
  if (!mql::ready(s->fd, POLLIN, static_cast<int>(timeout_ms))) return -1;
  ArrayResize(to, static_cast<int>(max));
  const ssize_t n = ::recv(s->fd, to.raw().data(), max, MSG_DONTWAIT);
  ArrayResize(to, static_cast<int>(std::max<ssize_t>(n, 0)));
  if (n > 0) return static_cast<int>(n);
  mql::last_error = ERR_NETSOCKET_IO_ERROR;
  return -1;
}

inline int SocketSend(int handle, const Array<uchar> &from, uint count) {
  mql::Socket *s = mql::socket_of(handle);
  if (s == nullptr) return -1;
  if (s->send_ms < 0) mql::fatal("SocketSend without SocketTimeouts may wait for ever in MQL5");
  if (count > from.raw().size()) mql::fatal("array out of range");
  std::size_t sent = 0;
  while (sent < count) {
    const ssize_t n = ::send(s->fd, from.raw().data() + sent, count - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) {
      sent += static_cast<std::size_t>(n);
      continue;
    }
    if (errno != EAGAIN && errno != EWOULDBLOCK) {
      mql::last_error = ERR_NETSOCKET_IO_ERROR;
      return -1;
    }
    if (!mql::ready(s->fd, POLLOUT, s->send_ms)) break;
  }
  return static_cast<int>(sent);
}
