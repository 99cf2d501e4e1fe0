#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <rem/database.h>

namespace rem::cli {

/// Writes JSON text with its members in the order of the calls (a Document would sort them).
class JsonWriter {
 public:
  explicit JsonWriter(bool pretty = false) : pretty_(pretty) {}

  void BeginObject() { Open('{'); }
  void EndObject() { Close('}'); }
  void BeginArray() { Open('['); }
  void EndArray() { Close(']'); }
  void Key(std::string_view name);
  void Null() { Raw("null"); }
  void Bool(bool value) { Raw(value ? "true" : "false"); }
  void Int(int64_t value);
  void Uint(uint64_t value);
  /// NaN and infinities, which JSON has no way to write, become null.
  void Double(double value);
  void Text(std::string_view value);
  void Json(const DocumentView& value);
  void SqlValue(const Value& value);
  /// `json` is JSON text already.
  void Raw(std::string_view json);

  const std::string& text() const { return text_; }
  /// Starts again and keeps the memory.
  void Clear();

 private:
  void Open(char bracket);
  void Close(char bracket);
  void BeforeValue();
  void NewLine();

  bool pretty_;
  bool after_key_ = false;
  std::vector<bool> has_elements_;  // one per open bracket
  std::string text_;
};

/// {"id", "table", "created_at", "modified_at", ["deleted_at",] "version", "properties"}.
void WriteRecord(JsonWriter& json, const Record& record);

/// Writes the members of a record without the surrounding object.
void WriteRecordMembers(JsonWriter& json, const Record& record);

void WriteTableInfo(JsonWriter& json, const TableInfo& table, bool with_schema);

/// Writes an error as {"error", "code", "sqlstate", "detail", "hint", "position"}, leaving out what does not apply.
void WriteError(JsonWriter& json, const Error& error);

}  // namespace rem::cli
