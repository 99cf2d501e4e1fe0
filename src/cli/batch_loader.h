#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rem/database.h>

#include "cli/output.h"

namespace rem::cli {

class JsonWriter;

/// Longest line of a JSONL file that is read whole; the engine's own limit on records is below it.
inline constexpr size_t kMaxLineBytes = 32 << 20;

/// The file of refused rows, made with the first of them. One line each: {"line": n, "error": …, "record": …}.
class RejectsFile {
 public:
  /// `input` is the file being read; writing the rejects over it is a UsageError.
  RejectsFile(std::string path, const std::string& input);
  ~RejectsFile();

  /// `record` is the line as it came: JSON when `is_json`, else kept as text.
  void Add(uint64_t line, const Error& error, std::string_view record, bool is_json);
  void Close();

  /// As members of the object that is being written.
  void Report(JsonWriter& json) const;
  /// As a note for people, if there are any.
  void Report() const;
  uint64_t count() const { return count_; }

 private:
  std::string path_;
  std::unique_ptr<Output> out_;
  uint64_t count_ = 0;
};

/// One row on its way into a table.
struct PendingRow {
  Document record;
  uint64_t line = 0;
  std::string source;    ///< The line as it came.
  bool deleted = false;  ///< Soft-deleted where it comes from, so also here.
  /// Vectors of columns that the table's schema does not declare, which only SetEmbedding stores.
  std::vector<std::pair<std::string, VectorValue>> vectors;
};

/// Stores rows in batches. A batch that is refused is halved until the rows at fault stand alone and go to the rejects;
/// failures that are not a row's fault (no space, corruption, …) end the load.
class BatchLoader {
 public:
  BatchLoader(Session& session, RejectsFile& rejects) : session_(session), rejects_(rejects) {}

  void Add(const std::string& table, PendingRow row);
  /// Stores what waits.
  void Flush();

  uint64_t stored() const { return stored_; }
  const std::map<std::string, uint64_t>& stored_by_table() const { return stored_by_table_; }

 private:
  void FlushTable(const std::string& table, std::vector<PendingRow>& rows);
  void Store(const std::string& table, std::span<const Document> records, std::span<const PendingRow> rows);
  void Finish(const Uuid& id, const PendingRow& row);

  Session& session_;
  RejectsFile& rejects_;
  std::map<std::string, std::vector<PendingRow>> pending_;
  size_t pending_bytes_ = 0;
  uint64_t stored_ = 0;
  std::map<std::string, uint64_t> stored_by_table_;
};

/// True when `error` is about the row and other rows may still be stored.
bool IsRowError(const Error& error);

}  // namespace rem::cli
