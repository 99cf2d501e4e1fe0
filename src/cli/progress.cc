#include "cli/progress.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include <fmt/format.h>

#include "cli/output.h"
#include "cli/terminal.h"

namespace rem::cli {

namespace {

constexpr size_t kBarColumns = 20;
constexpr auto kRedrawEvery = std::chrono::milliseconds(100);

volatile std::sig_atomic_t interrupt_signal = 0;

void OnInterrupt(int signal) { interrupt_signal = signal; }

void Install(void (*handler)(int), int flags) {
  struct sigaction action {};
  action.sa_handler = handler;
  // No SA_RESTART: a read that waits for input must return.
  action.sa_flags = flags;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

ProgressBar::ProgressBar(std::string label, uint64_t total)
    : label_(Printable(label)), total_(total), enabled_(IsTerminal(STDERR_FILENO)) {}

ProgressBar::~ProgressBar() { Clear(); }

bool ProgressBar::IsDue() {
  if (!enabled_) return false;
  const Clock::time_point now = Clock::now();
  if (now - last_drawn_ < kRedrawEvery) return false;
  last_drawn_ = now;
  drawn_ = true;
  return true;
}

void ProgressBar::Draw(uint64_t done, const std::string& counts) {
  std::string line = label_ + "  ";
  if (total_ > 0) {
    const double share = std::min(1.0, static_cast<double>(done) / static_cast<double>(total_));
    const auto filled = static_cast<size_t>(share * kBarColumns);
    line +=
        fmt::format("[{}{}] {:3.0f}%  ", std::string(filled, '#'), std::string(kBarColumns - filled, '-'), share * 100);
  }
  WriteStderr("\r" + CutToWidth(line + counts, TerminalWidth(STDERR_FILENO) - 1) + "\x1b[K");
}

void ProgressBar::Update(uint64_t done, uint64_t records) {
  if (!IsDue()) return;
  const double seconds = std::chrono::duration<double>(last_drawn_ - start_).count();
  const auto rate = seconds > 0 ? static_cast<uint64_t>(static_cast<double>(records) / seconds) : 0;
  Draw(done, fmt::format("{} records  {}/s", FormatCount(records), FormatCount(rate)));
}

void ProgressBar::UpdateBytes(uint64_t done, uint64_t total) {
  first_bytes_ = std::min(first_bytes_, done);
  if (!IsDue()) return;
  total_ = total;
  const double seconds = std::chrono::duration<double>(last_drawn_ - start_).count();
  const double megabytes = static_cast<double>(done) / 1e6;
  const double rate = seconds > 0 ? static_cast<double>(done - first_bytes_) / 1e6 / seconds : 0;
  const std::string of = total == 0 ? std::string() : fmt::format(" of {:.1f}", static_cast<double>(total) / 1e6);
  Draw(done, fmt::format("{:.1f}{} MB  {:.1f} MB/s", megabytes, of, rate));
}

void ProgressBar::Clear() {
  if (!drawn_) return;
  WriteStderr("\r\x1b[K");
  drawn_ = false;
}

InterruptGuard::InterruptGuard() {
  interrupt_signal = 0;
  Install(&OnInterrupt, SA_RESETHAND);
}

InterruptGuard::~InterruptGuard() { Install(SIG_DFL, 0); }

int InterruptGuard::Signal() { return interrupt_signal; }

}  // namespace rem::cli
