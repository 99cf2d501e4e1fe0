#include "cli/line_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <rem/error.h>

#include "cli/progress.h"
#include "cli/terminal.h"

namespace rem::cli {

namespace {

constexpr size_t kReadBytes = 256 << 10;
// How much of a line past the limit is kept, to show in the rejects file.
constexpr size_t kKeptBytes = 1000;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

[[noreturn]] void ThrowFileError(const std::string& name, int error) {
  const std::string message = fmt::format("cannot read {}: {}", name, std::strerror(error));
  if (error == ENOENT) throw Error(ErrorCode::kNotFound, message, "check the path");
  if (error == EACCES || error == EPERM)
    throw Error(ErrorCode::kPermission, message, "make the file readable for this user");
  throw Error(ErrorCode::kIo, message);
}

}  // namespace

InputFile::InputFile(const std::string& path) : name_(path == "-" ? "standard input" : path) {
  fd_ = path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd_ < 0) ThrowFileError(name_, errno);
  struct stat status {};
  if (fstat(fd_, &status) != 0) return;
  if (S_ISDIR(status.st_mode)) {
    if (fd_ != STDIN_FILENO) close(fd_);
    throw Error(ErrorCode::kInvalidArgument, fmt::format("{} is a directory", name_), "name a file");
  }
  if (S_ISREG(status.st_mode)) size_ = static_cast<uint64_t>(status.st_size);
}

InputFile::~InputFile() {
  if (fd_ > STDERR_FILENO) close(fd_);
}

size_t InputFile::Read(char* data, size_t size) {
  while (true) {
    const ssize_t count = read(fd_, data, size);
    if (count >= 0) return static_cast<size_t>(count);
    if (errno != EINTR) ThrowFileError(name_, errno);
    if (InterruptGuard::Signal() != 0) return 0;
  }
}

bool InputFile::IsTerminal() const { return cli::IsTerminal(fd_); }

std::string ReadAll(InputFile& file, size_t max_bytes) {
  std::string text;
  while (true) {
    const size_t before = text.size();
    text.resize(before + kReadBytes);
    const size_t count = file.Read(text.data() + before, kReadBytes);
    text.resize(before + count);
    if (count == 0) return text;
    if (text.size() > max_bytes) {
      throw Error(ErrorCode::kLimitExceeded, fmt::format("{} is larger than {}", file.name(), FormatBytes(max_bytes)),
                  "split it into smaller files");
    }
  }
}

bool LineReader::Fill() {
  if (at_end_) return false;
  buffer_.erase(0, start_);
  start_ = 0;
  const size_t before = buffer_.size();
  buffer_.resize(before + kReadBytes);
  const size_t count = file_.Read(buffer_.data() + before, kReadBytes);
  buffer_.resize(before + count);
  bytes_read_ += count;
  at_end_ = count == 0;
  return !at_end_;
}

bool LineReader::SkipLongLine() {
  too_long_ = true;
  kept_.assign(buffer_, start_, kKeptBytes);
  line_ = kept_;
  while (true) {
    const size_t end = buffer_.find('\n', start_);
    if (end != std::string::npos) {
      start_ = end + 1;
      return true;
    }
    start_ = buffer_.size();
    if (!Fill()) return true;
  }
}

bool LineReader::Next() {
  too_long_ = false;
  size_t searched = 0;
  while (true) {
    const size_t end = buffer_.find('\n', start_ + searched);
    if (end != std::string::npos) {
      line_ = std::string_view(buffer_).substr(start_, end - start_);
      start_ = end + 1;
      break;
    }
    searched = buffer_.size() - start_;
    if (searched > max_line_bytes_) {
      ++number_;
      return SkipLongLine();
    }
    if (Fill()) continue;
    // What an interrupted read left behind is no whole line.
    if (searched == 0 || InterruptGuard::Signal() != 0) return false;
    line_ = std::string_view(buffer_).substr(start_);
    start_ = buffer_.size();
    break;
  }
  if (++number_ == 1 && line_.starts_with(kByteOrderMark)) line_.remove_prefix(kByteOrderMark.size());
  if (line_.ends_with('\r')) line_.remove_suffix(1);
  return true;
}

}  // namespace rem::cli
