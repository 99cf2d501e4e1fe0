#include <algorithm>
#include <functional>

#include "base/utf8.h"
#include "sql/functions/by_value.h"
#include "sql/functions/regex_text.h"

namespace rem::sql {

namespace {

using enum LogicalType;
using Text = std::string_view;

// Looks its pattern up again when it differs from the last row's: patterns are constants nearly always.
template <bool ignore_case, bool negated>
void Matches(KernelCall& call) {
  const Argument<Text> texts(call, 0), patterns(call, 1);
  uint8_t* out = call.out->data<uint8_t>();
  std::shared_ptr<const Regex> regex;
  std::string pattern;
  RegexFlags flags;
  flags.ignore_case = ignore_case;
  ForEachRow(call, [&](size_t row) {
    if (call.failure->failed) return;
    try {
      if (regex == nullptr || patterns[row] != pattern) {
        pattern = patterns[row];
        regex = Regex::Get(pattern, flags);
      }
      out[row] = regex->Matches(texts[row]) != negated;
    } catch (const Error& error) {
      call.failure->Set(row, error);
    }
  });
}

Value SpanText(const std::string& text, const RegexSpan& span) {
  return span.matched() ? Value(text.substr(span.begin, span.end - span.begin)) : Value();
}

Value SimilarPattern(const Value* a, size_t count, LogicalType) {
  if (a[0].IsNull() || (count == 2 && a[1].IsNull())) return Value();
  return Value(SimilarToRegex(a[0].AsText(), count == 2 ? Text(a[1].AsText()) : Text("\\")));
}

Value FindPart(const std::string& text, const std::string& pattern) {
  const auto regex = Regex::Get(pattern, {});
  std::vector<RegexSpan> spans;
  if (!regex->Search(text, 0, true, spans)) return Value();
  return SpanText(text, spans[regex->groups() > 0 ? 1 : 0]);
}
Value Substring(const Value* a, size_t, LogicalType) { return FindPart(a[0].AsText(), a[1].AsText()); }
Value SubstringSimilar(const Value* a, size_t, LogicalType) {
  return FindPart(a[0].AsText(), SimilarToRegex(a[1].AsText(), a[2].AsText()));
}

[[noreturn]] void ThrowParameter(Text name, int64_t value) {
  throw Error(ErrorCode::kInvalidArgument,
              "invalid value for parameter \"" + std::string(name) + "\": " + std::to_string(value));
}
// An integer argument of at least `least`, or what it is when it is left out.
int64_t Parameter(const Value* a, size_t count, size_t index, Text name, int64_t least, int64_t otherwise) {
  if (index >= count) return otherwise;
  if (a[index].AsInt() < least) ThrowParameter(name, a[index].AsInt());
  return a[index].AsInt();
}
RegexOptions Options(const Value* a, size_t count, size_t index, Text function) {
  RegexOptions options;
  if (index < count) options = ParseRegexOptions(a[index].AsText());
  if (options.global && !function.empty()) ThrowGlobalOption(function);
  return options;
}

Value Like(const Value* a, size_t count, LogicalType) {
  return Value(Regex::Get(a[1].AsText(), Options(a, count, 2, "regexp_like()").flags)->Matches(a[0].AsText()));
}

Value Match(const Value* a, size_t count, LogicalType type) {
  RegexOptions options;
  if (count > 2) options = ParseRegexOptions(a[2].AsText());
  if (options.global) {
    throw Error(ErrorCode::kInvalidArgument, "regexp_match() does not support the \"global\" option",
                "Use the regexp_matches function instead.");
  }
  const auto regex = Regex::Get(a[1].AsText(), options.flags);
  std::vector<RegexSpan> spans;
  if (!regex->Search(a[0].AsText(), 0, true, spans)) return Value();
  std::vector<Value> groups;
  for (size_t i = regex->groups() > 0 ? 1 : 0; i < spans.size(); ++i)
    groups.push_back(SpanText(a[0].AsText(), spans[i]));
  return Value::OfArray(ElementOf(type), std::move(groups));
}

Value SplitToArray(const Value* a, size_t count, LogicalType type) {
  const RegexOptions options = Options(a, count, 2, "regexp_split_to_array()");
  std::vector<Value> items;
  for (std::string& part : SplitByRegex(a[0].AsText(), a[1].AsText(), options.flags))
    items.emplace_back(std::move(part));
  return Value::OfArray(ElementOf(type), std::move(items));
}

Value Count(const Value* a, size_t count, LogicalType type) {
  const int64_t start = Parameter(a, count, 2, "start", 1, 1);
  const RegexOptions options = Options(a, count, 3, "regexp_count()");
  int64_t found = 0;
  ForEachMatch(a[0].AsText(), a[1].AsText(), options.flags, start, false, [&](const std::vector<RegexSpan>&) {
    ++found;
    return true;
  });
  return Value::OfInt(type, found);
}

// The group number `group` of match number `wanted`.
RegexSpan FindNth(const std::string& text, const std::string& pattern, RegexFlags flags, int64_t start, int64_t wanted,
                  int64_t group) {
  RegexSpan span;
  ForEachMatch(text, pattern, flags, start, group > 0, [&](const std::vector<RegexSpan>& spans) {
    if (--wanted > 0) return true;
    if (group < static_cast<int64_t>(spans.size())) span = spans[static_cast<size_t>(group)];
    return false;
  });
  return span;
}

Value Position(const Value* a, size_t count, LogicalType type) {
  const int64_t start = Parameter(a, count, 2, "start", 1, 1), wanted = Parameter(a, count, 3, "n", 1, 1);
  const int64_t at_end = Parameter(a, count, 4, "endoption", 0, 0);
  if (at_end > 1) ThrowParameter("endoption", at_end);
  const RegexOptions options = Options(a, count, 5, "regexp_instr()");
  const int64_t group = Parameter(a, count, 6, "subexpr", 0, 0);
  const std::string& text = a[0].AsText();
  const RegexSpan span = FindNth(text, a[1].AsText(), options.flags, start, wanted, group);
  if (!span.matched()) return Value::OfInt(type, 0);
  const size_t byte = at_end == 1 ? span.end : span.begin;
  return Value::OfInt(type, static_cast<int64_t>(Utf8Length(Text(text).substr(0, byte))) + 1);
}

Value Part(const Value* a, size_t count, LogicalType) {
  const int64_t start = Parameter(a, count, 2, "start", 1, 1), wanted = Parameter(a, count, 3, "n", 1, 1);
  const RegexOptions options = Options(a, count, 4, "regexp_substr()");
  const int64_t group = Parameter(a, count, 5, "subexpr", 0, 0);
  return SpanText(a[0].AsText(), FindNth(a[0].AsText(), a[1].AsText(), options.flags, start, wanted, group));
}

Value Replace(const Value* a, size_t count, LogicalType) {
  RegexOptions options;
  if (count == 4) {
    const std::string& text = a[3].AsText();
    if (!text.empty() && text[0] >= '0' && text[0] <= '9') {
      throw Error(ErrorCode::kInvalidArgument, "invalid regular expression option: \"" + text.substr(0, 1) + "\"",
                  "If you meant to use regexp_replace() with a start parameter, cast the fourth argument to integer "
                  "explicitly.");
    }
    options = ParseRegexOptions(text);
  }
  return Value(ReplaceByRegex(a[0].AsText(), a[1].AsText(), a[2].AsText(), options.flags, 1, options.global ? 0 : 1));
}
Value ReplaceFrom(const Value* a, size_t count, LogicalType) {
  const int64_t start = Parameter(a, count, 3, "start", 1, 1);
  const int64_t wanted = Parameter(a, count, 4, "n", 0, 1);
  const RegexOptions options = Options(a, count, 5, "");
  return Value(ReplaceByRegex(a[0].AsText(), a[1].AsText(), a[2].AsText(), options.flags, start, wanted));
}

}  // namespace

void AddRegexFunctions(std::vector<Function>& out) {
  const auto add = [&](Text name, std::vector<LogicalType> arguments, LogicalType result, Kernel kernel,
                       bool strict = true) {
    out.push_back({name, std::move(arguments), result, kernel, strict});
  };
  // One overload for each number of arguments from `least` on.
  const auto add_optional = [&](Text name, std::vector<LogicalType> arguments, size_t least, LogicalType result,
                                Kernel kernel) {
    for (size_t count = least; count <= arguments.size(); ++count)
      add(name, {arguments.begin(), arguments.begin() + static_cast<std::ptrdiff_t>(count)}, result, kernel);
  };
  add("~", {kText, kText}, kBool, Matches<false, false>);
  add("~*", {kText, kText}, kBool, Matches<true, false>);
  add("!~", {kText, kText}, kBool, Matches<false, true>);
  add("!~*", {kText, kText}, kBool, Matches<true, true>);
  for (const Text name : {"similar_to_escape", "similar_escape"}) {
    add(name, {kText}, kText, ByValue<SimilarPattern>, false);
    add(name, {kText, kText}, kText, ByValue<SimilarPattern>, false);
  }
  add("substring", {kText, kText}, kText, ByValue<Substring>);
  add("substring", {kText, kText, kText}, kText, ByValue<SubstringSimilar>);
  add_optional("regexp_like", {kText, kText, kText}, 2, kBool, ByValue<Like>);
  add_optional("regexp_match", {kText, kText, kText}, 2, ArrayOf(kText), ByValue<Match>);
  add_optional("regexp_split_to_array", {kText, kText, kText}, 2, ArrayOf(kText), ByValue<SplitToArray>);
  add_optional("regexp_count", {kText, kText, kInteger, kText}, 2, kInteger, ByValue<Count>);
  add_optional("regexp_instr", {kText, kText, kInteger, kInteger, kInteger, kText, kInteger}, 2, kInteger,
               ByValue<Position>);
  add_optional("regexp_substr", {kText, kText, kInteger, kInteger, kText, kInteger}, 2, kText, ByValue<Part>);
  add_optional("regexp_replace", {kText, kText, kText, kText}, 3, kText, ByValue<Replace>);
  add_optional("regexp_replace", {kText, kText, kText, kInteger, kInteger, kText}, 4, kText, ByValue<ReplaceFrom>);
}

}  // namespace rem::sql
