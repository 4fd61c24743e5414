// MQL5's files: text in MQL5/Files, and Windows' named pipes, which are unix sockets in a folder here. A pipe reads and writes as Windows' does: a
// read waits for all its bytes, a write for room, and neither has a timeout. FileSize of a pipe is what may be read.
#pragma once
#include <sys/un.h>

#include "network.hpp"

constexpr int FILE_READ = 1;
constexpr int FILE_WRITE = 2;
constexpr int FILE_BIN = 4;
constexpr int FILE_TXT = 16;
constexpr int FILE_ANSI = 32;
constexpr int FILE_SHARE_READ = 128;
constexpr int FILE_SHARE_WRITE = 256;
constexpr int FILE_COMMON = 4096;

namespace mql {
struct File {
  std::FILE *text = nullptr;
  int pipe = -1;
};
inline std::string files_dir;
inline std::string common_dir;
inline std::string pipe_dir;
inline long pipe_buffer = 65536;  // what libuv gives a pipe on Windows, in either direction
inline std::vector<File> files;
inline const std::string pipe_prefix = "\\\\.\\pipe\\";

inline int open_pipe(const std::string &name) {
  sockaddr_un a{};
  a.sun_family = AF_UNIX;
  const std::string path = pipe_dir + "/" + name + ".sock";
  if (pipe_dir.empty() || path.size() >= sizeof a.sun_path) return -1;
  std::memcpy(a.sun_path, path.c_str(), path.size());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int buffer = static_cast<int>(pipe_buffer);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
  if (::connect(fd, reinterpret_cast<sockaddr *>(&a), sizeof a) == 0) return fd;
  ::close(fd);
  return -1;
}

inline File &file_of(int handle) {
  if (handle < 0 || static_cast<std::size_t>(handle) >= files.size()) fatal("no such file handle");
  return files[static_cast<std::size_t>(handle)];
}
}  // namespace mql

inline int FileOpen(const string &name, int flags) {
  mql::File file;
  if (name.std().rfind(mql::pipe_prefix, 0) == 0) {
    if ((flags & (FILE_READ | FILE_WRITE | FILE_BIN)) != (FILE_READ | FILE_WRITE | FILE_BIN)) mql::fatal("a pipe is opened to read and write bytes");
    file.pipe = mql::open_pipe(name.std().substr(mql::pipe_prefix.size()));
  } else {
    const std::string &dir = (flags & FILE_COMMON) != 0 ? mql::common_dir : mql::files_dir;
    file.text = dir.empty() ? nullptr : std::fopen((dir + "/" + name.std()).c_str(), "rb");
  }
  if (file.text == nullptr && file.pipe < 0) {
    mql::last_error = ERR_CANNOT_OPEN_FILE;
    return INVALID_HANDLE;
  }
  mql::files.push_back(file);
  return static_cast<int>(mql::files.size() - 1);
}

inline string FileReadString(int handle) {
  char line[4096];
  if (std::fgets(line, sizeof line, mql::file_of(handle).text) == nullptr) return "";
  return string(std::string(line, std::strcspn(line, "\r\n")));
}

inline void FileClose(int handle) {
  mql::File &file = mql::file_of(handle);
  if (file.text != nullptr) std::fclose(file.text);
  if (file.pipe >= 0) ::close(file.pipe);
  file = mql::File{};
}

inline ulong FileSize(int handle) {
  const int fd = mql::file_of(handle).pipe;
  int n = 0;
  char c;
  if (fd < 0 || ::ioctl(fd, FIONREAD, &n) != 0 || (n == 0 && ::recv(fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) == 0)) {
    mql::last_error = ERR_FILE_READERROR;
    return 0;
  }
  return static_cast<ulong>(n);
}

inline uint FileReadArray(int handle, Array<uchar> &to, int start, int count) {
  const ssize_t n = ::recv(mql::file_of(handle).pipe, to.raw().data() + start, static_cast<std::size_t>(count), MSG_WAITALL);
  if (n > 0) return static_cast<uint>(n);
  mql::last_error = ERR_FILE_READERROR;
  return 0;
}

inline uint FileWriteArray(int handle, const Array<uchar> &from, int start, int count) {
  int sent = 0;
  while (sent < count) {
    const ssize_t n = ::send(mql::file_of(handle).pipe, from.raw().data() + start + sent, static_cast<std::size_t>(count - sent), MSG_NOSIGNAL);
    if (n <= 0) {
      mql::last_error = ERR_FILE_WRITEERROR;
      break;
    }
    sent += static_cast<int>(n);
  }
  return static_cast<uint>(sent);
}

inline void FileFlush(int) {}
