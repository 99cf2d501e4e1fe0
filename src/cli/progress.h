#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace rem::cli {

/// A progress line on standard error, redrawn in place; silent when standard error is no terminal.
///   packages  [########------------]  42%  27,000 records  61,000/s
class ProgressBar {
 public:
  /// `total` in any unit (bytes of a file, rows of a table); 0 when unknown, which leaves out the bar.
  ProgressBar(std::string label, uint64_t total);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// Redraws at most ten times a second. `done` is in the unit of the total.
  void Update(uint64_t done, uint64_t records);
  /// The same for bytes that are not records; `total` takes the place of the one that was given:
  ///   model.safetensors  [########------------]  42%  38.2 of 90.9 MB  11.4 MB/s
  void UpdateBytes(uint64_t done, uint64_t total);
  /// Removes the line.
  void Clear();

 private:
  using Clock = std::chrono::steady_clock;

  /// Whether the line may be drawn again now.
  bool IsDue();
  void Draw(uint64_t done, const std::string& counts);

  std::string label_;
  uint64_t total_;
  /// What UpdateBytes saw first: a download goes on where it stopped.
  uint64_t first_bytes_ = UINT64_MAX;
  bool enabled_;
  bool drawn_ = false;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_drawn_{};
};

/// Catches Ctrl-C and SIGTERM while it lives, so that a long write can finish its batch. A second signal ends the
/// process.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  /// The signal that came in, 0 when none did.
  static int Signal();
};

}  // namespace rem::cli
