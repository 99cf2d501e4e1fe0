#pragma once

#include <dirent.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace rem::bench {

/// Ends the benchmark: a fast wrong answer is not a result.
[[noreturn]] inline void Fail(const std::string& what) { throw std::runtime_error(what); }

inline void Require(bool condition, const std::string& what) {
  if (!condition) Fail("wrong answer: " + what);
}

inline double WallSeconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Of all threads of this process, background ones included.
inline double CpuSeconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}
/// Of the calling thread.
inline double ThreadCpuSeconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

inline double ResidentMegabytes() {
  malloc_trim(0);
  std::ifstream statm("/proc/self/statm");
  long pages = 0, resident = 0;
  statm >> pages >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1048576.0;
}

/// Bytes that a file or folder takes on disk.
inline double DiskBytes(const std::string& path) {
  struct stat info;
  if (lstat(path.c_str(), &info) != 0) return 0;
  if (!S_ISDIR(info.st_mode)) return static_cast<double>(info.st_blocks) * 512;
  double total = 0;
  DIR* folder = opendir(path.c_str());
  if (folder == nullptr) return 0;
  while (const dirent* entry = readdir(folder)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") total += DiskBytes(path + "/" + name);
  }
  closedir(folder);
  return total;
}

template <typename T>
T Median(std::vector<T> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// Operations a second by the clock on the wall, and by the processor time of the process: the second one stays true on
/// a busy machine.
struct Rate {
  double per_second = 0;
  double per_cpu_second = 0;
};

/// Collects timed rounds of one operation and gives the median rate.
class RoundTimer {
 public:
  template <typename Work>
  void Time(double operations, const Work& work) {
    const double cpu = CpuSeconds();
    const double wall = WallSeconds();
    work();
    Add(operations, WallSeconds() - wall, CpuSeconds() - cpu);
  }

  void Add(double operations, double wall_seconds, double cpu_seconds) {
    wall_rates_.push_back(operations / wall_seconds);
    cpu_ += cpu_seconds;
    operations_ += operations;
  }

  Rate rate() const { return {Median(wall_rates_), cpu_ > 0 ? operations_ / cpu_ : 0}; }

 private:
  std::vector<double> wall_rates_;
  double cpu_ = 0;
  double operations_ = 0;
};

/// Runs `work(thread number)` on so many threads; the first exception of a thread comes out here.
inline void Parallel(int threads, const std::function<void(int)>& work) {
  if (threads == 1) return work(0);
  std::vector<std::exception_ptr> errors(static_cast<size_t>(threads));
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i) {
    running.emplace_back([&, i] {
      try {
        work(i);
      } catch (...) {
        errors[static_cast<size_t>(i)] = std::current_exception();
      }
    });
  }
  for (std::thread& thread : running) thread.join();
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
}

}  // namespace rem::bench
