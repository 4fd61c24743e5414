// The terminal around an MQL5 program: inputs, files, timers, what it says about itself.
#pragma once
#include <atomic>
#include <thread>

#include "market.hpp"
#include "network.hpp"

constexpr int INIT_SUCCEEDED = 0;
constexpr int INIT_FAILED = 1;
constexpr int INIT_PARAMETERS_INCORRECT = 32767;

constexpr int FILE_READ = 1;
constexpr int FILE_TXT = 16;
constexpr int FILE_ANSI = 32;
constexpr int FILE_SHARE_READ = 128;
constexpr int FILE_SHARE_WRITE = 256;
constexpr int FILE_COMMON = 4096;

enum ENUM_TERMINAL_INFO_INTEGER { TERMINAL_BUILD, TERMINAL_CONNECTED };
enum ENUM_ACCOUNT_INFO_INTEGER { ACCOUNT_LOGIN };
enum ENUM_ACCOUNT_INFO_STRING { ACCOUNT_SERVER };
enum ENUM_MQL_INFO_INTEGER { MQL_TESTER };

inline string _Symbol;

namespace mql {
inline std::atomic<bool> stopped{false};
inline long login = 0;
inline string server = "Recorded-Demo";
inline std::string files_dir;
inline std::string common_dir;
inline long timer_floor_ms = 10;  // what a Windows terminal's millisecond timer manages at best
inline long timer_ms = 0;         // 0: no timer
inline std::vector<std::FILE *> files;
inline void (*on_idle)() = nullptr;
inline const auto started = std::chrono::steady_clock::now();

inline long mono_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - started).count();
}

// Inputs come from the environment (MQL_INPUT_<name>), so that a token is in no process list.
inline const char *input_text(const char *name) { return std::getenv((std::string("MQL_INPUT_") + name).c_str()); }
template <typename T>
T input(const char *name, T value);
template <>
inline string input<string>(const char *name, string value) {
  const char *s = input_text(name);
  return s != nullptr ? string(s) : value;
}
template <>
inline int input<int>(const char *name, int value) {
  const char *s = input_text(name);
  return s != nullptr ? std::atoi(s) : value;
}
template <>
inline bool input<bool>(const char *name, bool value) {
  const char *s = input_text(name);
  return s != nullptr ? std::strcmp(s, "true") == 0 : value;
}
}  // namespace mql

inline bool IsStopped() { return mql::stopped; }
inline ulong GetMicrosecondCount() { return static_cast<ulong>(mql::mono_us()); }
// The system's uptime in MQL5; only differences are used.
inline ulong GetTickCount64() { return static_cast<ulong>(mql::mono_us() / 1000) + 1000; }
inline uint GetTickCount() { return static_cast<uint>(GetTickCount64()); }

inline void Sleep(int ms) {
  if (mql::on_idle != nullptr) mql::on_idle();
  std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

inline bool EventSetMillisecondTimer(int ms) {
  mql::timer_ms = std::max(static_cast<long>(ms), mql::timer_floor_ms);
  return true;
}
inline void EventKillTimer() { mql::timer_ms = 0; }

inline long TerminalInfoInteger(ENUM_TERMINAL_INFO_INTEGER what) {
  return what == TERMINAL_CONNECTED ? (mql::connected() ? 1 : 0) : 5000;
}
inline long AccountInfoInteger(ENUM_ACCOUNT_INFO_INTEGER) { return mql::login; }
inline string AccountInfoString(ENUM_ACCOUNT_INFO_STRING) { return mql::server; }
inline int MQLInfoInteger(ENUM_MQL_INFO_INTEGER) { return 0; }

inline int FileOpen(const string &name, int flags) {
  const std::string &dir = (flags & FILE_COMMON) != 0 ? mql::common_dir : mql::files_dir;
  std::FILE *f = dir.empty() ? nullptr : std::fopen((dir + "/" + name.std()).c_str(), "rb");
  if (f == nullptr) {
    mql::last_error = ERR_CANNOT_OPEN_FILE;
    return INVALID_HANDLE;
  }
  mql::files.push_back(f);
  return static_cast<int>(mql::files.size() - 1);
}

inline string FileReadString(int file) {
  char line[4096];
  if (std::fgets(line, sizeof line, mql::files[static_cast<std::size_t>(file)]) == nullptr) return "";
  return string(std::string(line, std::strcspn(line, "\r\n")));
}

inline void FileClose(int file) {
  std::fclose(mql::files[static_cast<std::size_t>(file)]);
  mql::files[static_cast<std::size_t>(file)] = nullptr;
}
