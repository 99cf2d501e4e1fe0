#include <algorithm>

#include <rem/error.h>

#include "sql/plan/table_function.h"

namespace rem::sql {

namespace {

using enum LogicalType;

enum class Part { kElement, kElementText, kMember, kMemberText, kKey };

// jsonb_array_elements[_text], jsonb_each[_text], jsonb_object_keys.
template <Part part>
class JsonParts : public TableFunctionRun {
 public:
  explicit JsonParts(const Value& value) : document_(value.AsJson()) {
    const NodeKind kind = document_.view().kind();
    if constexpr (kOfArray) {
      if (kind == NodeKind::kArray) return;
      throw Error(ErrorCode::kInvalidArgument,
                  kind == NodeKind::kObject ? "cannot extract elements from an object"
                                            : "cannot extract elements from a scalar",
                  "the argument must be a JSON array");
    } else {
      if (kind != NodeKind::kObject) {
        const std::string_view other = kind == NodeKind::kArray ? "an array" : "a scalar";
        throw Error(ErrorCode::kInvalidArgument,
                    part == Part::kKey ? "cannot call jsonb_object_keys on " + std::string(other)
                                       : "cannot call jsonb_each on a non-object",
                    "the argument must be a JSON object");
      }
      // jsonb shows members by the length of their name, then by its bytes.
      for (size_t i = 0; i < document_.view().size(); ++i) order_.push_back(i);
      std::ranges::stable_sort(order_, [&](size_t a, size_t b) {
        const std::string_view x = document_.view().KeyAt(a), y = document_.view().KeyAt(b);
        return x.size() != y.size() ? x.size() < y.size() : x < y;
      });
    }
  }

  size_t Next(std::span<Column* const> out, size_t capacity) override {
    const DocumentView view = document_.view();
    size_t rows = 0;
    for (; next_ < view.size() && rows < capacity; ++next_, ++rows) {
      if constexpr (!kOfArray) out[0]->data<std::string_view>()[rows] = out[0]->arena().Copy(view.KeyAt(order_[next_]));
      if constexpr (part == Part::kElement || part == Part::kElementText) Store(view.At(next_), *out[0], rows);
      if constexpr (part == Part::kMember || part == Part::kMemberText)
        Store(view.ValueAt(order_[next_]), *out[1], rows);
    }
    return rows;
  }

 private:
  static constexpr bool kOfArray = part == Part::kElement || part == Part::kElementText;

  static void Store(const DocumentView& node, Column& out, size_t row) {
    if (out.type() == kJson) {
      out.data<DocumentView>()[row] = DocumentView(out.arena().Copy(node.bytes()), node.keys());
      // A container may refer to the document's own names.
      if (node.kind() == NodeKind::kObject || node.kind() == NodeKind::kArray)
        out.Set(row, Value(Document::Copy(node)));
    } else if (node.IsNull()) {
      out.SetNull(row);
    } else if (node.kind() == NodeKind::kText) {
      out.data<std::string_view>()[row] = out.arena().Copy(node.AsText());
    } else {
      out.data<std::string_view>()[row] = out.arena().Copy(node.ToJson());
    }
  }

  const Document document_;
  std::vector<size_t> order_;
  size_t next_ = 0;
};

template <Part part>
std::unique_ptr<TableFunctionRun> Open(std::span<const Value> arguments) {
  return std::make_unique<JsonParts<part>>(arguments[0]);
}

}  // namespace

void AddJsonTableFunctions(std::vector<TableFunction>& out) {
  // json is jsonb here.
  const auto add = [&](std::string_view jsonb, std::string_view json, std::vector<TableFunction::ResultColumn> columns,
                       auto open) {
    for (const std::string_view name : {jsonb, json}) {
      out.push_back({name, {kJson}, columns, open});
      if (columns[0].name.empty()) out.back().columns[0].name = name;
    }
  };
  add("jsonb_array_elements", "json_array_elements", {{"value", kJson}}, Open<Part::kElement>);
  add("jsonb_array_elements_text", "json_array_elements_text", {{"value", kText}}, Open<Part::kElementText>);
  add("jsonb_each", "json_each", {{"key", kText}, {"value", kJson}}, Open<Part::kMember>);
  add("jsonb_each_text", "json_each_text", {{"key", kText}, {"value", kText}}, Open<Part::kMemberText>);
  add("jsonb_object_keys", "json_object_keys", {{"", kText}}, Open<Part::kKey>);
}

}  // namespace rem::sql
