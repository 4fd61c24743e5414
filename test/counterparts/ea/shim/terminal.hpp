// The terminal around an MQL5 program: inputs, files, timers, what it says about itself.
#pragma once
#include <atomic>
#include <thread>

#include "account.hpp"
#include "bars.hpp"
#include "depth.hpp"
#include "files.hpp"

constexpr int INIT_SUCCEEDED = 0;
constexpr int INIT_FAILED = 1;
constexpr int INIT_PARAMETERS_INCORRECT = 32767;

enum ENUM_TERMINAL_INFO_INTEGER { TERMINAL_BUILD, TERMINAL_CONNECTED };
enum ENUM_MQL_INFO_INTEGER { MQL_TESTER };

inline string _Symbol;

namespace mql {
inline std::atomic<bool> stopped{false};
inline long timer_floor_ms = 10;  // what a Windows terminal's millisecond timer manages at best
inline long timer_ms = 0;         // 0: no timer
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
inline int MQLInfoInteger(ENUM_MQL_INFO_INTEGER) { return 0; }
