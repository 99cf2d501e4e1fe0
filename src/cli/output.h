#pragma once

#include <exception>
#include <string>
#include <string_view>

namespace rem::cli {

/// The reader of our output went away (`| head`); the command ends quietly.
class BrokenPipe : public std::exception {
 public:
  const char* what() const noexcept override { return "broken pipe"; }
};

/// A buffered writer on a file descriptor. Errors: BrokenPipe, Error(kNoSpace), Error(kIo).
class Output {
 public:
  explicit Output(int fd) : fd_(fd) {}
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  int fd() const { return fd_; }
  void Write(std::string_view text);
  void WriteLine(std::string_view text);
  void Flush();
  /// Drops what is buffered, after an error that makes it unwritable.
  void Discard() { buffer_.clear(); }

 private:
  int fd_;
  std::string buffer_;
};

/// Writes to standard error at once; failures are ignored, since there is nowhere left to tell them.
void WriteStderr(std::string_view text);

}  // namespace rem::cli
