#pragma once

#include <signal.h>
#include <unistd.h>

#include <atomic>

#include <rem/database.h>

namespace rem::python {

/// While a statement runs without the GIL, Python cannot see Ctrl-C: its handler only takes a note. With one of these,
/// Ctrl-C also ends the statement, and the KeyboardInterrupt follows when Python looks at its notes. Only in the main
/// thread, the one that Python handles signals in; elsewhere it does nothing.
class CancelOnInterrupt {
 public:
  explicit CancelOnInterrupt(const Session& session) {
    if (getpid() != gettid()) return;
    struct sigaction action {};
    sigaction(SIGINT, nullptr, &before_);
    // Whoever ignores Ctrl-C, or lets it end the process, goes on doing so.
    if (before_.sa_handler == SIG_IGN || before_.sa_handler == SIG_DFL || (before_.sa_flags & SA_SIGINFO) != 0) return;
    installed_ = true;
    next_ = before_.sa_handler;
    target_ = &session;
    action.sa_handler = [](int signal) {
      if (const Session* running = target_) running->Cancel();
      if (const auto next = next_.load()) next(signal);
    };
    action.sa_flags = before_.sa_flags;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, nullptr);
  }
  ~CancelOnInterrupt() {
    if (!installed_) return;
    sigaction(SIGINT, &before_, nullptr);
    target_ = nullptr;
  }
  CancelOnInterrupt(const CancelOnInterrupt&) = delete;
  CancelOnInterrupt& operator=(const CancelOnInterrupt&) = delete;

 private:
  // What a signal handler can reach.
  static inline std::atomic<const Session*> target_ = nullptr;
  static inline std::atomic<void (*)(int)> next_ = nullptr;
  struct sigaction before_ {};
  bool installed_ = false;
};

}  // namespace rem::python
