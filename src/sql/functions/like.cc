#include "base/fold.h"
#include "base/utf8.h"
#include "sql/functions/by_value.h"
#include "sql/functions/regex.h"
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
                                   "Escape string must be empty or one character.", "22025");
        }
        if (ignore_case) escape_character = FoldCodePoint(*escape_character);
      }
      if (!matcher.Compile(ignore_case ? FoldCase(compiled) : compiled, escape_character)) {
        return call.failure->Set(row, ErrorCode::kInvalidArgument, "LIKE pattern must not end with escape character",
                                 "write the escape character twice to match itself", "22025");
      }
    }
    out[row] = (ignore_case ? matcher.Matches(FoldCase(texts[row])) : matcher.Matches(texts[row])) != negated;
  });
}

bool LikeText(const std::string& text, const std::string& pattern, bool ignore_case) {
  LikeMatcher matcher;
  if (!matcher.Compile(ignore_case ? FoldCase(pattern) : pattern, U'\\')) {
    throw Error(ErrorCode::kInvalidArgument, "LIKE pattern must not end with escape character",
                "write the escape character twice to match itself")
        .WithSqlState("22025");
  }
  return ignore_case ? matcher.Matches(FoldCase(text)) : matcher.Matches(text);
}
bool MatchesRegex(const std::string& text, const std::string& pattern, bool ignore_case) {
  RegexFlags flags;
  flags.ignore_case = ignore_case;
  return Regex::Get(pattern, flags)->Matches(text);
}
// text op ANY (patterns): true, else NULL where a NULL was among them, else false; ALL the other way round.
template <auto Test, bool ignore_case, bool negated, bool any>
Value Quantified(const Value* a, size_t, LogicalType) {
  if (a[1].IsNull()) return Value();
  if (a[1].AsArray().empty()) return Value(!any);
  if (a[0].IsNull()) return Value();
  bool null = false;
  for (const Value& pattern : a[1].AsArray()) {
    if (pattern.IsNull()) {
      null = true;
    } else if ((Test(a[0].AsText(), pattern.AsText(), ignore_case) != negated) == any) {
      return Value(any);
    }
  }
  return null ? Value() : Value(!any);
}
template <auto Test, bool ignore_case, bool negated>
void AddQuantified(std::vector<Function>& out, std::string_view any, std::string_view all) {
  const std::vector<LogicalType> arguments = {kText, ArrayOf(kText)};
  out.push_back({any, arguments, kBool, ByValue<Quantified<Test, ignore_case, negated, true>>, false,
                 Volatility::kImmutable, true});
  out.push_back({all, arguments, kBool, ByValue<Quantified<Test, ignore_case, negated, false>>, false,
                 Volatility::kImmutable, true});
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
  AddQuantified<LikeText, false, false>(out, "~~ any", "~~ all");
  AddQuantified<LikeText, false, true>(out, "!~~ any", "!~~ all");
  AddQuantified<LikeText, true, false>(out, "~~* any", "~~* all");
  AddQuantified<LikeText, true, true>(out, "!~~* any", "!~~* all");
  AddQuantified<MatchesRegex, false, false>(out, "~ any", "~ all");
  AddQuantified<MatchesRegex, false, true>(out, "!~ any", "!~ all");
  AddQuantified<MatchesRegex, true, false>(out, "~* any", "~* all");
  AddQuantified<MatchesRegex, true, true>(out, "!~* any", "!~* all");
}

}  // namespace rem::sql
