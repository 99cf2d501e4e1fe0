#include <algorithm>

#include "sql/functions/regex_text.h"
#include "sql/plan/table_function.h"

namespace rem::sql {

namespace {

using enum LogicalType;

// regexp_matches(text, pattern[, flags]): the groups of the first match, or with the flag g of every match, as arrays;
// the whole match where the pattern has no groups.
class Matches : public TableFunctionRun {
 public:
  explicit Matches(std::span<const Value> arguments) {
    RegexOptions options;
    if (arguments.size() > 2) options = ParseRegexOptions(arguments[2].AsText());
    const std::string& text = arguments[0].AsText();
    ForEachMatch(text, arguments[1].AsText(), options.flags, 1, true, [&](const std::vector<RegexSpan>& spans) {
      std::vector<Value> groups;
      for (size_t i = spans.size() > 1 ? 1 : 0; i < spans.size(); ++i) {
        groups.push_back(spans[i].matched() ? Value(text.substr(spans[i].begin, spans[i].end - spans[i].begin))
                                            : Value());
      }
      rows_.push_back(Value::OfArray(kText, std::move(groups)));
      return options.global;
    });
  }

  size_t Next(std::span<Column* const> out, size_t capacity) override {
    const size_t rows = std::min(capacity, rows_.size() - next_);
    for (size_t i = 0; i < rows; ++i) out[0]->Set(i, rows_[next_++]);
    return rows;
  }

 private:
  std::vector<Value> rows_;
  size_t next_ = 0;
};

std::unique_ptr<TableFunctionRun> Open(std::span<const Value> arguments) {
  return std::make_unique<Matches>(arguments);
}

}  // namespace

void AddRegexTableFunctions(std::vector<TableFunction>& out) {
  out.push_back({"regexp_matches", {kText, kText}, {{"regexp_matches", ArrayOf(kText)}}, Open});
  out.push_back({"regexp_matches", {kText, kText, kText}, {{"regexp_matches", ArrayOf(kText)}}, Open});
}

}  // namespace rem::sql
