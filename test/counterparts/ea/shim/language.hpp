// What MQL5 has as a language and C++ has not: its types, its string, its dynamic arrays, and the functions on them.
#pragma once
#include <algorithm>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

typedef unsigned char uchar;
typedef unsigned short ushort;
typedef unsigned int uint;
typedef unsigned long ulong;
typedef long datetime;
static_assert(sizeof(long) == 8, "MQL5's long has 64 bits: compile for a 64-bit POSIX system");

constexpr int WHOLE_ARRAY = -1;
constexpr uint CP_UTF8 = 65001;
constexpr int INVALID_HANDLE = -1;

constexpr int ERR_FUNCTION_NOT_ALLOWED = 4014;
constexpr int ERR_HISTORY_NOT_FOUND = 4401;
constexpr int ERR_HISTORY_TIMEOUT = 4403;
constexpr int ERR_MARKET_UNKNOWN_SYMBOL = 4301;
constexpr int ERR_CANNOT_OPEN_FILE = 5004;
constexpr int ERR_FILE_READERROR = 5015;
constexpr int ERR_FILE_WRITEERROR = 5026;
constexpr int ERR_NETSOCKET_INVALIDHANDLE = 5270;
constexpr int ERR_NETSOCKET_CANNOT_CONNECT = 5272;
constexpr int ERR_NETSOCKET_IO_ERROR = 5273;

namespace mql {
inline int last_error = 0;

[[noreturn]] inline void fatal(const char *what) {
  std::fprintf(stderr, "shim: %s\n", what);
  std::fflush(stderr);
  std::abort();
}
}  // namespace mql

inline int GetLastError() { return mql::last_error; }
inline void ResetLastError() { mql::last_error = 0; }

class string {
  std::string s_;

 public:
  string() = default;
  string(const char *s) : s_(s) {}
  string(std::string s) : s_(std::move(s)) {}
  const std::string &std() const { return s_; }
  std::string &std() { return s_; }
  const char *c_str() const { return s_.c_str(); }
  string &operator+=(const string &o) {
    s_ += o.s_;
    return *this;
  }
  friend string operator+(const string &a, const string &b) { return string(a.s_ + b.s_); }
  friend bool operator==(const string &a, const string &b) { return a.s_ == b.s_; }
  friend bool operator!=(const string &a, const string &b) { return a.s_ != b.s_; }
};

namespace mql {
// Leaves new elements uninitialised, as MQL5's ArrayResize does; a sweep over 4,096 ticks must not zero them first.
template <typename T>
struct raw_allocator : std::allocator<T> {
  template <typename U>
  struct rebind {
    using other = raw_allocator<U>;
  };
  template <typename U>
  void construct(U *p) {
    ::new (static_cast<void *>(p)) U;
  }
  template <typename U, typename... A>
  void construct(U *p, A &&...a) {
    ::new (static_cast<void *>(p)) U(std::forward<A>(a)...);
  }
};
}  // namespace mql

// A dynamic array. As in MQL5, an index outside it ends the program.
template <typename T>
class Array {
  std::vector<T, mql::raw_allocator<T>> v_;

  template <typename I>
  void check(I i) const {
    if (static_cast<std::size_t>(i) >= v_.size()) mql::fatal("array out of range");
  }

 public:
  template <typename I>
  T &operator[](I i) {
    check(i);
    return v_[static_cast<std::size_t>(i)];
  }
  template <typename I>
  const T &operator[](I i) const {
    check(i);
    return v_[static_cast<std::size_t>(i)];
  }
  auto &raw() { return v_; }
  const auto &raw() const { return v_; }
};

template <typename T>
int ArraySize(const Array<T> &a) {
  return static_cast<int>(a.raw().size());
}

template <typename T>
int ArrayResize(Array<T> &a, int size, int reserve = 0) {
  if (static_cast<std::size_t>(size) > a.raw().capacity()) a.raw().reserve(static_cast<std::size_t>(size + reserve));
  a.raw().resize(static_cast<std::size_t>(size));
  return size;
}

template <typename T>
void ArraySwap(Array<T> &a, Array<T> &b) {
  a.raw().swap(b.raw());
}

template <typename T>
int ArrayCopy(Array<T> &to, const Array<T> &from, int to_start, int from_start, int count) {
  if (&to == &from) mql::fatal("ArrayCopy within one array: what MQL5 does then is not documented");
  if (count <= 0) return 0;
  if (from_start + count > ArraySize(from)) count = ArraySize(from) - from_start;
  if (to_start + count > ArraySize(to)) ArrayResize(to, to_start + count);
  std::copy_n(from.raw().begin() + from_start, count, to.raw().begin() + to_start);
  return count;
}

template <typename T>
bool StructToCharArray(const T &object, Array<uchar> &to, uint start = 0) {
  static_assert(std::is_trivially_copyable_v<T>, "MQL5 allows simple structures only");
  if (start + sizeof(T) > to.raw().size()) ArrayResize(to, static_cast<int>(start + sizeof(T)));
  std::memcpy(to.raw().data() + start, &object, sizeof(T));
  return true;
}

inline int StringToCharArray(const string &text, Array<uchar> &to, int start, int count, uint codepage) {
  if (codepage != CP_UTF8 || count != WHOLE_ARRAY) mql::fatal("StringToCharArray: only whole strings as UTF-8");
  const int n = static_cast<int>(text.std().size()) + 1;
  if (ArraySize(to) < start + n) ArrayResize(to, start + n);
  std::memcpy(to.raw().data() + start, text.c_str(), static_cast<std::size_t>(n));
  return n;
}

inline string CharArrayToString(const Array<uchar> &from, int start, int count, uint codepage) {
  if (codepage != CP_UTF8) mql::fatal("CharArrayToString: only UTF-8");
  if (start < 0 || count < 0 || start + count > ArraySize(from)) mql::fatal("array out of range");
  return string(std::string(reinterpret_cast<const char *>(from.raw().data()) + start, static_cast<std::size_t>(count)));
}

inline int StringFind(const string &s, const string &what) {
  const std::size_t at = s.std().find(what.std());
  return at == std::string::npos ? -1 : static_cast<int>(at);
}

inline string IntegerToString(long value) { return string(std::to_string(value)); }

inline string StringSubstr(const string &s, int start, int length) {
  return string(s.std().substr(static_cast<std::size_t>(start), static_cast<std::size_t>(length)));
}

inline int StringSplit(const string &s, ushort separator, Array<string> &to) {
  std::size_t at = 0;
  ArrayResize(to, 0);
  while (true) {
    const std::size_t end = s.std().find(static_cast<char>(separator), at);
    to.raw().push_back(string(s.std().substr(at, end - at)));
    if (end == std::string::npos) return ArraySize(to);
    at = end + 1;
  }
}

inline int StringTrimLeft(string &s) {
  const std::size_t n = std::min(s.std().find_first_not_of(" \t\r\n"), s.std().size());
  s.std().erase(0, n);
  return static_cast<int>(n);
}

inline int StringTrimRight(string &s) {
  const std::size_t end = s.std().find_last_not_of(" \t\r\n") + 1;
  const std::size_t n = s.std().size() - end;
  s.std().erase(end);
  return static_cast<int>(n);
}

namespace mql {
inline const char *printable(const string &s) { return s.c_str(); }
template <typename T>
T printable(T value) {
  return value;
}
inline std::string text(const string &s) { return s.std(); }
inline std::string text(const char *s) { return s; }
template <typename T, typename = std::enable_if_t<std::is_arithmetic_v<T>>>
std::string text(T value) {
  return std::to_string(value);
}
}  // namespace mql

template <typename... A>
string StringFormat(const string &format, const A &...a) {
  std::string f = format.std();
  for (std::size_t at; (at = f.find("%I64")) != std::string::npos;) f.replace(at + 1, 3, "ll");
  char out[1024];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-security"
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  std::snprintf(out, sizeof out, f.c_str(), mql::printable(a)...);
#pragma GCC diagnostic pop
  return string(out);
}

// The Experts tab is stderr here.
template <typename... A>
void Print(const A &...a) {
  std::string line;
  ((line += mql::text(a)), ...);
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
  std::fflush(stderr);
}

template <typename... A>
void Comment(const A &...) {}

template <typename A, typename B>
auto MathMin(A a, B b) {
  using C = std::common_type_t<A, B>;
  return static_cast<C>(a) < static_cast<C>(b) ? static_cast<C>(a) : static_cast<C>(b);
}
template <typename A, typename B>
auto MathMax(A a, B b) {
  using C = std::common_type_t<A, B>;
  return static_cast<C>(a) < static_cast<C>(b) ? static_cast<C>(b) : static_cast<C>(a);
}

inline void MathSrand(int seed) { std::srand(static_cast<unsigned>(seed) ^ static_cast<unsigned>(std::time(nullptr))); }
inline int MathRand() { return std::rand() & 32767; }
