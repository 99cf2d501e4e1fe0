#include "sql/functions/jsonpath_functions.h"

#include <algorithm>

#include <rem/error.h>

#include "sql/functions/by_value.h"
#include "sql/functions/jsonpath.h"

namespace rem::sql {

namespace {

using enum LogicalType;

// Paths are mostly constants.
std::shared_ptr<const JsonPath> PathOf(const std::string& text) {
  thread_local std::string last_text;
  thread_local std::shared_ptr<const JsonPath> last;
  if (last == nullptr || last_text != text) {
    last = ParseJsonPath(text);
    last_text = text;
  }
  return last;
}

/// Target, path, and where they are given variables and whether errors are silent.
struct PathCall {
  PathCall(const Value* a, size_t count, bool quiet)
      : path(PathOf(a[1].AsText())),
        target(a[0].AsJson()),
        variables(count > 2 ? a[2].AsJson() : Document::FromJson("{}")),
        silent(count > 3 ? a[3].AsBool() : quiet) {
    if (variables.view().kind() != NodeKind::kObject)
      throw Error(ErrorCode::kInvalidArgument, "\"vars\" argument is not an object",
                  "Jsonpath parameters should be encoded as key-value pairs of \"vars\" object.")
          .WithSqlState("22023");
  }
  JsonPathAnswer Run() const { return RunJsonPath(*path, target, variables, silent); }

  std::shared_ptr<const JsonPath> path;
  const Document target, variables;
  const bool silent;
};

template <bool quiet>
Value Exists(const Value* a, size_t count, LogicalType) {
  const PathCall call(a, count, quiet);
  const JsonPathPresence presence = JsonPathExists(*call.path, call.target, call.variables, call.silent);
  return presence.failed ? Value() : Value(presence.found);
}

template <bool quiet>
Value Match(const Value* a, size_t count, LogicalType) {
  const PathCall call(a, count, quiet);
  const JsonPathAnswer answer = call.Run();
  if (!answer.failed && answer.items.size() == 1) {
    const DocumentView item = answer.items[0];
    if (item.kind() == NodeKind::kBool) return Value(item.AsBool());
    if (item.IsNull()) return Value();
  }
  if (call.silent) return Value();
  throw Error(ErrorCode::kInvalidArgument, "single boolean result is expected", "write a predicate: '$.a > 1'")
      .WithSqlState("22038");
}

Value QueryArray(const Value* a, size_t count, LogicalType) {
  DocumentBuilder builder;
  builder.BeginArray();
  for (const Document& item : PathCall(a, count, false).Run().items) builder.Copy(item);
  builder.EndArray();
  return Value(builder.Finish());
}
Value QueryFirst(const Value* a, size_t count, LogicalType) {
  JsonPathAnswer answer = PathCall(a, count, false).Run();
  return answer.items.empty() ? Value() : Value(std::move(answer.items[0]));
}

Value PathText(const Value* a, size_t, LogicalType) { return Value(FormatJsonPath(*ParseJsonPath(a[0].AsText()))); }

class Items : public TableFunctionRun {
 public:
  explicit Items(std::vector<Document> items) : items_(std::move(items)) {}

  size_t Next(std::span<Column* const> out, size_t capacity) override {
    const size_t rows = std::min(capacity, items_.size() - next_);
    for (size_t row = 0; row < rows; ++row) out[0]->Set(row, Value(std::move(items_[next_++])));
    return rows;
  }

 private:
  std::vector<Document> items_;
  size_t next_ = 0;
};

std::unique_ptr<TableFunctionRun> Query(std::span<const Value> arguments) {
  return std::make_unique<Items>(PathCall(arguments.data(), arguments.size(), false).Run().items);
}

const std::vector<LogicalType> kSignature = {kJson, kText, kJson, kBool};

}  // namespace

void AddJsonPathFunctions(std::vector<Function>& out) {
  for (size_t count = 2; count <= kSignature.size(); ++count) {
    const std::vector<LogicalType> arguments(kSignature.begin(), kSignature.begin() + static_cast<ptrdiff_t>(count));
    out.push_back({"jsonb_path_exists", arguments, kBool, ByValue<Exists<false>>});
    out.push_back({"jsonb_path_match", arguments, kBool, ByValue<Match<false>>});
    out.push_back({"jsonb_path_query_array", arguments, kJson, ByValue<QueryArray>});
    out.push_back({"jsonb_path_query_first", arguments, kJson, ByValue<QueryFirst>});
  }
  out.push_back({"@?", {kJson, kText}, kBool, ByValue<Exists<true>>});
  out.push_back({"@@", {kJson, kText}, kBool, ByValue<Match<true>>});
  out.push_back({"jsonpath", {kText}, kText, ByValue<PathText>, true, Volatility::kImmutable, true});
}

void AddJsonPathTableFunctions(std::vector<TableFunction>& out) {
  for (size_t count = 2; count <= kSignature.size(); ++count) {
    const std::vector<LogicalType> arguments(kSignature.begin(), kSignature.begin() + static_cast<ptrdiff_t>(count));
    out.push_back({"jsonb_path_query", arguments, {{"jsonb_path_query", kJson}}, Query});
  }
}

}  // namespace rem::sql
