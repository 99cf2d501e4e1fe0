#include <algorithm>

#include <rem/error.h>

#include "sql/plan/table_function.h"
#include "types/cast.h"

namespace rem::sql {

namespace {

using enum LogicalType;

// A member as PostgreSQL's jsonb_populate_record reads it: documents as they are, arrays item by item, everything else
// through its text.
Value ReadMember(const DocumentView& node, LogicalType type) {
  if (node.IsNull()) return Value();
  if (type == kJson) return Value(Document::Copy(node));
  if (IsArray(type) && node.kind() == NodeKind::kArray) {
    std::vector<Value> items;
    for (size_t i = 0; i < node.size(); ++i) items.push_back(ReadMember(node.At(i), ElementOf(type)));
    return Value::OfArray(ElementOf(type), std::move(items));
  }
  if (IsArray(type) && node.kind() != NodeKind::kText)
    throw Error(ErrorCode::kInvalidText, "expected JSON array", "give an array of values");
  const Value text(node.kind() == NodeKind::kText ? std::string(node.AsText()) : node.ToJson());
  return type == kText ? text : CastValue(text, type);
}

// jsonb_to_record and jsonb_to_recordset: the last argument has the names of the columns.
class Records : public TableFunctionRun {
 public:
  Records(const Value& document, const std::vector<Value>& names, bool set, std::string_view function)
      : document_(document.AsJson()), set_(set), function_(function) {
    for (const Value& name : names) names_.push_back(name.AsText());
    const NodeKind kind = document_.view().kind();
    if (set_ && kind != NodeKind::kArray)
      throw Error(
          ErrorCode::kInvalidArgument,
          "cannot call " + std::string(function_) + (kind == NodeKind::kObject ? " on an object" : " on a scalar"),
          "the argument must be a JSON array of objects");
    if (!set_ && kind != NodeKind::kObject)
      throw Error(ErrorCode::kInvalidArgument, "cannot call " + std::string(function_) + " on a non-object",
                  "the argument must be a JSON object");
  }

  size_t Next(std::span<Column* const> out, size_t capacity) override {
    const size_t total = set_ ? document_.view().size() : 1;
    size_t rows = 0;
    for (; rows < capacity && next_ < total; ++rows, ++next_) {
      const DocumentView object = set_ ? document_.view().At(next_) : document_.view();
      if (object.kind() != NodeKind::kObject)
        throw Error(ErrorCode::kInvalidArgument,
                    "argument of " + std::string(function_) + " must be an array of objects");
      for (size_t c = 0; c < out.size(); ++c) {
        const auto member = object.Find(names_[c]);
        out[c]->Set(rows, member ? ReadMember(*member, out[c]->type()) : Value());
      }
    }
    return rows;
  }

 private:
  const Document document_;
  const bool set_;
  const std::string_view function_;
  std::vector<std::string> names_;
  size_t next_ = 0;
};

std::unique_ptr<TableFunctionRun> OpenRecord(std::span<const Value> arguments) {
  return std::make_unique<Records>(arguments[0], arguments[1].AsArray(), false, "jsonb_to_record");
}
std::unique_ptr<TableFunctionRun> OpenRecords(std::span<const Value> arguments) {
  return std::make_unique<Records>(arguments[0], arguments[1].AsArray(), true, "jsonb_to_recordset");
}

}  // namespace

void AddJsonRecordFunctions(std::vector<TableFunction>& out) {
  for (const std::string_view name : {"jsonb_to_record", "json_to_record"})
    out.push_back({name, {kJson, ArrayOf(kText)}, {}, OpenRecord, true, false, true});
  for (const std::string_view name : {"jsonb_to_recordset", "json_to_recordset"})
    out.push_back({name, {kJson, ArrayOf(kText)}, {}, OpenRecords, true, false, true});
}

}  // namespace rem::sql
