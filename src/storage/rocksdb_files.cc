#include "storage/rocksdb_files.h"

#include <system_error>

#include <rem/error.h>

namespace rem {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kNoDatabaseHint = "check the path, or create a database there first";

[[noreturn]] void ThrowPathError(const std::string& path, const std::error_code& error) {
  ErrorCode code = ErrorCode::kIo;
  std::string hint = "check the path";
  if (error == std::errc::permission_denied || error == std::errc::operation_not_permitted ||
      error == std::errc::read_only_file_system) {
    code = ErrorCode::kPermission;
    hint = "check owner and permissions of the directory and of the ones above it";
  } else if (error == std::errc::no_space_on_device) {
    code = ErrorCode::kNoSpace;
    hint = "free some disk space";
  } else if (error == std::errc::not_a_directory) {
    code = ErrorCode::kInvalidArgument;
    hint = "a part of the path is a file; name a directory";
  } else if (error == std::errc::filename_too_long || error == std::errc::too_many_symbolic_link_levels) {
    code = ErrorCode::kInvalidArgument;
    hint = "choose another path";
  }
  throw Error(code, "cannot use \"" + path + "\" as a database directory", hint).WithDetail(error.message());
}

/// Counts logs and looks for the files that a database consists of.
DatabaseFiles InspectDirectory(const std::string& path) {
  DatabaseFiles files;
  bool has_data = false;
  std::error_code error;
  fs::directory_iterator entry(path, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const fs::path& file = entry->path();
    if (file.filename() == "CURRENT") files.exists = true;
    if (file.extension() == ".sst") has_data = true;
    if (file.extension() == ".log") {
      has_data = true;
      ++files.write_ahead_logs;
    }
  }
  if (error) ThrowPathError(path, error);
  if (has_data && !files.exists) {
    throw Error(ErrorCode::kCorruption, "the database in \"" + path + "\" has lost its file CURRENT",
                "restore the directory from a backup; nothing in it was changed");
  }
  return files;
}

}  // namespace

DatabaseFiles PrepareDatabaseDirectory(const OpenOptions& options) {
  if (options.path.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "the path of the database is empty",
                "name a directory, or open the database in memory");
  }
  if (options.path.find('\0') != std::string::npos) {
    throw Error(ErrorCode::kInvalidArgument, "the path of the database contains a NUL character", "remove it");
  }
  std::error_code error;
  const fs::file_status status = fs::status(options.path, error);
  if (status.type() == fs::file_type::not_found && (!error || error == std::errc::no_such_file_or_directory)) {
    if (!options.create_if_missing || options.read_only) {
      throw Error(ErrorCode::kNotFound, "there is no database in \"" + options.path + "\"",
                  std::string(kNoDatabaseHint));
    }
    fs::create_directories(options.path, error);
    if (error) ThrowPathError(options.path, error);
    return {};
  }
  if (error) ThrowPathError(options.path, error);
  if (status.type() != fs::file_type::directory) {
    throw Error(ErrorCode::kInvalidArgument, "the path \"" + options.path + "\" is a file",
                "a database is a directory; choose another path");
  }
  const DatabaseFiles files = InspectDirectory(options.path);
  if (!files.exists && (!options.create_if_missing || options.read_only)) {
    throw Error(ErrorCode::kNotFound, "there is no database in \"" + options.path + "\"", std::string(kNoDatabaseHint));
  }
  return files;
}

fs::path BulkDirectory(const std::string& database_path) { return fs::path(database_path) / "bulk"; }

}  // namespace rem
