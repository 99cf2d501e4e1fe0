#include "storage/info_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <mutex>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/time.h"

namespace rem {

namespace {

/// Longer messages are cut.
constexpr size_t kMaxLineBytes = 4096;

class InfoLog final : public rocksdb::Logger {
 public:
  InfoLog(std::string path, rocksdb::InfoLogLevel level, size_t max_bytes)
      : Logger(level), path_(std::move(path)), max_bytes_(max_bytes) {
    Begin();
  }

  ~InfoLog() override {
    if (fd_ >= 0) close(fd_);
  }

  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    std::string line = FormatTimestampMicros(SystemClock().NowMicros());
    line.push_back(' ');
    std::array<char, kMaxLineBytes> message;
    const int size = std::vsnprintf(message.data(), message.size(), format, arguments);
    if (size < 0) return;
    line.append(message.data(), std::min(static_cast<size_t>(size), message.size() - 1));
    while (line.ends_with('\n')) line.pop_back();
    line.push_back('\n');

    const std::lock_guard lock(mutex_);
    if (fd_ >= 0 && written_ + line.size() > max_bytes_) {
      close(fd_);
      Begin();
    }
    if (fd_ < 0) return;
    const ssize_t written = write(fd_, line.data(), line.size());
    if (written > 0) written_ += static_cast<size_t>(written);
  }

  size_t GetLogFileSize() const override {
    const std::lock_guard lock(mutex_);
    return written_;
  }

 private:
  void Begin() {
    if (path_.empty()) return;
    // Without an old file there is nothing to move; without the right to move it, it is written over.
    static_cast<void>(std::rename(path_.c_str(), (path_ + ".old").c_str()));
    fd_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
    written_ = 0;
  }

  const std::string path_;
  const size_t max_bytes_;
  mutable std::mutex mutex_;
  int fd_ = -1;
  size_t written_ = 0;
};

}  // namespace

std::shared_ptr<rocksdb::Logger> OpenInfoLog(std::string path, rocksdb::InfoLogLevel level, size_t max_bytes) {
  return std::make_shared<InfoLog>(std::move(path), level, max_bytes);
}

}  // namespace rem
