#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <rem/document.h>
#include <rem/uuid.h>

#include "base/random.h"

namespace rem {

/// Properties of a record of the program's two tables.
struct ProgramFields {
  std::string category;
  std::optional<std::string> author;
  int64_t views = 0;
  std::vector<std::string> tags;
  std::string text;
  std::string email;  ///< The key; only of table "people".

  Document ToDocument(const std::optional<Uuid>& id = std::nullopt) const;
};

/// One call of rem::Session. A batch has several records, an insert or upsert has one, the others have none.
struct ProgramOperation {
  enum class Kind { kInsert, kUpsert, kBatch, kUpdate, kDelete, kRestore, kPurge };
  Kind kind = Kind::kInsert;
  std::string table;
  Uuid id;
  std::vector<std::pair<Uuid, ProgramFields>> records;
  Document patch;  ///< Of an update.
};

/// A model of a tenant and the random sequence of operations on it: from one seed always the same ones. Two processes
/// that know the seed and how many operations were done know the whole state.
class RandomProgram {
 public:
  struct Row {
    std::string table;
    ProgramFields fields;
    bool live = true;
  };
  struct LogEntry {
    std::string operation;
    std::string table;
    Uuid id;
    std::optional<ProgramFields> image;
  };

  explicit RandomProgram(uint64_t seed) : random_(seed) {}

  /// The next operation; Apply it before asking for another.
  ProgramOperation Next();
  void Apply(const ProgramOperation& operation);
  /// Does `count` operations.
  void Skip(uint64_t count);

  const std::map<Uuid, Row>& rows() const { return rows_; }
  /// Changes, those of one operation together: their order among themselves is the database's.
  const std::vector<std::vector<LogEntry>>& log() const { return log_; }
  uint64_t log_entries() const { return log_entries_; }
  const std::set<Uuid>& purged() const { return purged_; }

  static const char* const kTables[2];
  /// The JSON Schema of a table.
  static Document SchemaOf(const std::string& table);

 private:
  ProgramFields RandomFields();
  std::pair<Uuid, ProgramFields> RandomRecord(const std::string& table, bool existing);
  std::optional<Uuid> Pick(bool live);
  Document RandomPatch();

  Random random_;
  std::map<Uuid, Row> rows_;
  std::vector<std::vector<LogEntry>> log_;
  uint64_t log_entries_ = 0;
  std::set<Uuid> purged_;
};

}  // namespace rem
