#include "base/fold.h"
#include "base/utf8.h"
#include "sql/functions/map.h"
#include "sql/plan/like_matcher.h"

namespace rem::sql {

namespace {

using enum LogicalType;
using Text = std::string_view;

// Compiles a pattern when it differs from the last row's: patterns are constants nearly always.
template <bool ignore_case, bool negated>
void Like(KernelCall& call) {
  const Argument<Text> texts(call, 0), patterns(call, 1);
  const bool has_escape = call.in.size() == 3;
  uint8_t* out = call.out->data<uint8_t>();
  LikeMatcher matcher;
  std::string compiled, compiled_escape;
  bool first = true;
  ForEachRow(call, [&](size_t row) {
    const Text escape = has_escape ? Argument<Text>(call, 2)[row] : Text("\\");
    if (first || patterns[row] != compiled || escape != compiled_escape) {
      first = false;
      compiled = patterns[row];
      compiled_escape = escape;
      std::optional<char32_t> escape_character;
      if (!escape.empty()) {
        size_t at = 0;
        escape_character = NextCodePoint(escape, at);
        if (at != escape.size()) {
          return call.failure->Set(row, ErrorCode::kInvalidArgument, "invalid escape string",
                                   "escape must be empty or one character");
        }
        if (ignore_case) escape_character = FoldCodePoint(*escape_character);
      }
      if (!matcher.Compile(ignore_case ? FoldCase(compiled) : compiled, escape_character)) {
        return call.failure->Set(row, ErrorCode::kInvalidArgument, "LIKE pattern must not end with escape character",
                                 "write the escape character twice to match itself");
      }
    }
    out[row] = (ignore_case ? matcher.Matches(FoldCase(texts[row])) : matcher.Matches(texts[row])) != negated;
  });
}

}  // namespace

void AddLikeFunctions(std::vector<Function>& out) {
  const auto add = [&](std::string_view name, Kernel kernel) {
    out.push_back({name, {kText, kText}, kBool, kernel});
    out.push_back({name, {kText, kText, kText}, kBool, kernel});
  };
  add("~~", Like<false, false>);
  add("!~~", Like<false, true>);
  add("~~*", Like<true, false>);
  add("!~~*", Like<true, true>);
}

}  // namespace rem::sql
