#include "cli/batch_loader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "cli/cli_context.h"
#include "cli/error_report.h"
#include "cli/json_output.h"
#include "cli/terminal.h"

namespace rem::cli {

namespace {

constexpr size_t kBatchRows = 1000;
constexpr size_t kBatchBytes = 8 << 20;
// So many refused rows are also told on standard error.
constexpr uint64_t kRejectsTold = 3;

bool IsSameFile(const std::string& a, const std::string& b) {
  struct stat first {
  }, second{};
  return stat(a.c_str(), &first) == 0 && stat(b.c_str(), &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

}  // namespace

bool IsRowError(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kInvalidJson:
    case ErrorCode::kValidation:
    case ErrorCode::kTypeMismatch:
    case ErrorCode::kNumericOutOfRange:
    case ErrorCode::kInvalidText:
    case ErrorCode::kInvalidDatetime:
    case ErrorCode::kDimensionMismatch:
    case ErrorCode::kAlreadyExists:
    case ErrorCode::kUniqueViolation:
    case ErrorCode::kConflict:
    case ErrorCode::kLimitExceeded:
      return true;
    default:
      return false;
  }
}

RejectsFile::RejectsFile(std::string path, const std::string& input) : path_(std::move(path)) {
  if (IsSameFile(path_, input))
    throw UsageError(fmt::format("the rejects would overwrite the input {}", input),
                     "name another file with --rejects");
}

RejectsFile::~RejectsFile() {
  if (out_) close(out_->fd());
}

void RejectsFile::Add(uint64_t line, const Error& error, std::string_view record, bool is_json) {
  if (!out_) {
    const int fd = open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) {
      throw Error(errno == EACCES ? ErrorCode::kPermission : ErrorCode::kIo,
                  fmt::format("cannot write the rejects file {}: {}", path_, std::strerror(errno)),
                  fmt::format("name another one with --rejects; line {} was refused: {}", line, error.message()));
    }
    out_ = std::make_unique<Output>(fd);
  }
  JsonWriter json;
  json.BeginObject();
  json.Key("line");
  json.Uint(line);
  json.Key("error");
  std::string message = error.message();
  // A detail of one line only says again what the message says.
  if (error.detail().find('\n') != std::string::npos) message += "; " + error.detail();
  json.Text(ToValidUtf8(message));
  json.Key("record");
  if (is_json) {
    json.Raw(record);
  } else {
    json.Text(ToValidUtf8(record));
  }
  json.EndObject();
  out_->WriteLine(json.text());
  if (++count_ <= kRejectsTold) Note(fmt::format("line {} refused: {}", line, Printable(message)));
  if (count_ == kRejectsTold + 1) Note("more lines refused; see the rejects file");
}

void RejectsFile::Close() {
  if (out_) out_->Flush();
}

void RejectsFile::Report(JsonWriter& json) const {
  json.Key("rejected");
  json.Uint(count_);
  if (count_ == 0) return;
  json.Key("rejects_file");
  json.Text(ToValidUtf8(path_));
}

void RejectsFile::Report() const {
  if (count_ == 0) return;
  Note(fmt::format("{} {} refused: see {}", FormatCount(count_), count_ == 1 ? "line" : "lines", path_));
}

void BatchLoader::Add(const std::string& table, PendingRow row) {
  pending_bytes_ += row.source.size();
  std::vector<PendingRow>& rows = pending_[table];
  rows.push_back(std::move(row));
  if (pending_bytes_ >= kBatchBytes) return Flush();
  if (rows.size() >= kBatchRows) FlushTable(table, rows);
}

void BatchLoader::Flush() {
  for (auto& [table, rows] : pending_) FlushTable(table, rows);
}

void BatchLoader::FlushTable(const std::string& table, std::vector<PendingRow>& rows) {
  if (rows.empty()) return;
  std::vector<Document> records;
  records.reserve(rows.size());
  for (PendingRow& row : rows) {
    records.push_back(std::move(row.record));
    pending_bytes_ -= row.source.size();
  }
  Store(table, records, rows);
  rows.clear();
}

void BatchLoader::Store(const std::string& table, std::span<const Document> records, std::span<const PendingRow> rows) {
  std::vector<Uuid> ids;
  try {
    ids = session_.InsertBatch(table, records);
  } catch (const Error& error) {
    if (!IsRowError(error)) throw;
    if (records.size() == 1) return rejects_.Add(rows[0].line, error, rows[0].source, /*is_json=*/true);
    const size_t half = records.size() / 2;
    Store(table, records.first(half), rows.first(half));
    Store(table, records.subspan(half), rows.subspan(half));
    return;
  }
  stored_ += ids.size();
  stored_by_table_[table] += ids.size();
  for (size_t i = 0; i < ids.size(); ++i) Finish(ids[i], rows[i]);
}

void BatchLoader::Finish(const Uuid& id, const PendingRow& row) {
  for (const auto& [column, vector] : row.vectors) session_.SetEmbedding(id, vector, column);
  if (row.deleted) session_.Delete(id);
}

}  // namespace rem::cli
