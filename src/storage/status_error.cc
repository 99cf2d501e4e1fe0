#include "storage/status_error.h"

#include <string>

namespace rem {

namespace {

struct Meaning {
  ErrorCode code;
  std::string_view hint;
};

constexpr Meaning kNoSpace = {
    ErrorCode::kNoSpace,
    "free some disk space; the database goes on by itself, and nothing that was acknowledged is lost; what is stored "
    "can be read with the read-only option"};
constexpr Meaning kLocked = {ErrorCode::kLocked, "close the other program that uses this database, or open it there"};
constexpr Meaning kPermission = {ErrorCode::kPermission, "check owner and permissions of the directory and its files"};
constexpr Meaning kCorruption = {ErrorCode::kCorruption,
                                 "restore the database from a backup; the detail names the damaged file"};
constexpr Meaning kIo = {ErrorCode::kIo, "check the disk and the system log, then try again"};
constexpr Meaning kTooManyFiles = {ErrorCode::kIo, "raise the limit of open files (ulimit -n)"};
constexpr Meaning kClosed = {ErrorCode::kClosed, "open the database again"};
constexpr Meaning kInternal = {ErrorCode::kInternal, "please report this"};

bool Contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// RocksDB folds most of errno into one code, so the text of errno tells the rest.
Meaning MeaningOfIoError(const rocksdb::Status& status, std::string_view text) {
  if (status.subcode() == rocksdb::Status::kNoSpace || Contains(text, "No space left") ||
      Contains(text, "Disk quota exceeded"))
    return kNoSpace;
  if (Contains(text, "Permission denied") || Contains(text, "Read-only file system") ||
      Contains(text, "Operation not permitted")) {
    return kPermission;
  }
  if (Contains(text, "lock hold by current process") || Contains(text, "While lock file")) return kLocked;
  if (Contains(text, "Too many open files")) return kTooManyFiles;
  // A file that the database's own lists name and that is gone.
  if (status.subcode() == rocksdb::Status::kPathNotFound) return kCorruption;
  return kIo;
}

Meaning MeaningOf(const rocksdb::Status& status, std::string_view text) {
  switch (status.code()) {
    case rocksdb::Status::kCorruption:
      return kCorruption;
    case rocksdb::Status::kIOError:
      return MeaningOfIoError(status, text);
    case rocksdb::Status::kShutdownInProgress:
      return kClosed;
    case rocksdb::Status::kNotFound:
    case rocksdb::Status::kNotSupported:
    case rocksdb::Status::kInvalidArgument:
      // Our calls are valid, so these come from stored bytes that ask for something which does not exist.
      return kCorruption;
    case rocksdb::Status::kBusy:
    case rocksdb::Status::kTryAgain:
    case rocksdb::Status::kTimedOut:
      return kIo;
    default:
      return status.subcode() == rocksdb::Status::kNoSpace ? kNoSpace : kInternal;
  }
}

}  // namespace

Error ErrorFromStatus(const rocksdb::Status& status, std::string_view doing) {
  const std::string text = status.ToString();
  const Meaning meaning = MeaningOf(status, text);
  return Error(meaning.code, std::string(doing), std::string(meaning.hint)).WithDetail(text);
}

}  // namespace rem
