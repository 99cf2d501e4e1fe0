#include "sql/functions/table_text.h"

#include <algorithm>
#include <string>

#include <rem/error.h>

#include "base/utf8.h"
#include "sql/functions/regex_text.h"

namespace rem::sql {

namespace {

using enum LogicalType;

/// Most rows that one text is split into.
constexpr size_t kMaxParts = 10'000'000;

/// Gives values that are there already.
class Ready : public TableFunctionRun {
 public:
  explicit Ready(std::vector<Value> values) : values_(std::move(values)) {}

  size_t Next(std::span<Column* const> out, size_t capacity) override {
    const size_t rows = std::min(capacity, values_.size() - next_);
    for (size_t row = 0; row < rows; ++row) out[0]->Set(row, values_[next_++]);
    return rows;
  }

 private:
  const std::vector<Value> values_;
  size_t next_ = 0;
};

void CheckCount(size_t count) {
  if (count > kMaxParts) throw Error(ErrorCode::kLimitExceeded, "too many parts of one text", "split shorter texts");
}

std::unique_ptr<TableFunctionRun> Split(std::span<const Value> a) {
  RegexOptions options;
  if (a.size() > 2) options = ParseRegexOptions(a[2].AsText());
  if (options.global) ThrowGlobalOption("regexp_split_to_table()");
  std::vector<Value> parts;
  for (std::string& part : SplitByRegex(a[0].AsText(), a[1].AsText(), options.flags))
    parts.emplace_back(std::move(part));
  return std::make_unique<Ready>(std::move(parts));
}

// Not strict: a NULL delimiter takes the text apart into its characters.
std::unique_ptr<TableFunctionRun> Pieces(std::span<const Value> a) {
  std::vector<Value> parts;
  if (a[0].IsNull() || a[0].AsText().empty()) return std::make_unique<Ready>(std::move(parts));
  const std::string& text = a[0].AsText();
  const auto add = [&](std::string_view part) {
    const bool null = a.size() > 2 && !a[2].IsNull() && part == a[2].AsText();
    parts.push_back(null ? Value() : Value(part));
    CheckCount(parts.size());
  };
  if (a[1].IsNull()) {
    for (size_t at = 0; at < text.size();) {
      const size_t begin = at;
      NextCodePoint(text, at);
      add(std::string_view(text).substr(begin, at - begin));
    }
  } else if (a[1].AsText().empty()) {
    add(text);
  } else {
    const std::string& delimiter = a[1].AsText();
    for (size_t at = 0;;) {
      const size_t next = text.find(delimiter, at);
      add(std::string_view(text).substr(at, next == std::string::npos ? next : next - at));
      if (next == std::string::npos) break;
      at = next + delimiter.size();
    }
  }
  return std::make_unique<Ready>(std::move(parts));
}

}  // namespace

void AddTextTableFunctions(std::vector<TableFunction>& out) {
  for (const size_t count : {size_t{2}, size_t{3}}) {
    const std::vector<LogicalType> texts(count, kText);
    out.push_back({"regexp_split_to_table", texts, {{"regexp_split_to_table", kText}}, Split});
    out.push_back({"string_to_table", texts, {{"string_to_table", kText}}, Pieces, false});
  }
}

}  // namespace rem::sql
