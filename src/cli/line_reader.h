#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rem::cli {

/// An open file to read, or standard input for "-". Errors: kNotFound, kPermission, kIo, kInvalidArgument for a
/// directory.
class InputFile {
 public:
  explicit InputFile(const std::string& path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  /// Reads up to `size` bytes; 0 at the end, or when a signal that InterruptGuard caught came in.
  size_t Read(char* data, size_t size);
  /// Size of a regular file; 0 when unknown.
  uint64_t size() const { return size_; }
  /// The path, or "standard input".
  const std::string& name() const { return name_; }
  /// True when a person would have to type the input.
  bool IsTerminal() const;
  int fd() const { return fd_; }

 private:
  int fd_ = -1;
  uint64_t size_ = 0;
  std::string name_;
};

/// Reads a whole file. Error(kLimitExceeded) past `max_bytes`.
std::string ReadAll(InputFile& file, size_t max_bytes);

/// Splits a file into lines with bounded memory.
class LineReader {
 public:
  LineReader(InputFile& file, size_t max_line_bytes) : file_(file), max_line_bytes_(max_line_bytes) {}

  /// Steps to the next line; false at the end of the input.
  bool Next();
  /// The line without its end (\n or \r\n), and without a byte order mark on the first one. Lives until the next call.
  std::string_view line() const { return line_; }
  /// True when the line went past the limit; line() is then its beginning.
  bool too_long() const { return too_long_; }
  /// 1-based.
  uint64_t number() const { return number_; }
  uint64_t bytes_read() const { return bytes_read_; }

 private:
  bool Fill();
  bool SkipLongLine();

  InputFile& file_;
  size_t max_line_bytes_;
  std::string buffer_;
  size_t start_ = 0;
  std::string_view line_;
  std::string kept_;  // the beginning of a line that is too long
  bool too_long_ = false;
  bool at_end_ = false;
  uint64_t number_ = 0;
  uint64_t bytes_read_ = 0;
};

}  // namespace rem::cli
