#include "sql/functions/regex.h"

#include <list>
#include <string>

#include <re2/re2.h>

#include "base/utf8.h"
#include "sql/functions/regex_nfa.h"
#include "sql/functions/regex_pieces.h"

namespace rem::sql {

namespace {

constexpr int64_t kRe2Bytes = 16 << 20;
constexpr size_t kMaxKept = 64;

}  // namespace

struct Regex::Engine {
  std::unique_ptr<RegexPiece> pieces;
  std::unique_ptr<RE2> re2;
};

Regex::~Regex() = default;

Regex::Regex(std::string_view pattern, RegexFlags flags) : engine_(std::make_unique<Engine>()) {
  const ParsedRegex parsed = ParseRegex(pattern, flags);
  groups_ = parsed.groups;
  engine_->pieces = BuildRegexPieces(parsed.root);
  if (const auto text = RegexForRe2(*parsed.root)) {
    RE2::Options options;
    options.set_longest_match(true);
    options.set_log_errors(false);
    options.set_max_mem(kRe2Bytes);
    engine_->re2 = std::make_unique<RE2>(*text, options);
    if (!engine_->re2->ok()) engine_->re2.reset();
  }
}

std::shared_ptr<const Regex> Regex::Get(std::string_view pattern, RegexFlags flags) {
  struct Kept {
    std::string pattern;
    RegexFlags flags;
    std::shared_ptr<const Regex> regex;
  };
  // The last one used stands first.
  thread_local std::list<Kept> kept;
  for (auto it = kept.begin(); it != kept.end(); ++it) {
    if (it->flags != flags || it->pattern != pattern) continue;
    kept.splice(kept.begin(), kept, it);
    return it->regex;
  }
  std::shared_ptr<const Regex> regex(new Regex(pattern, flags));
  kept.push_front({std::string(pattern), flags, regex});
  if (kept.size() > kMaxKept) kept.pop_back();
  return regex;
}

bool Regex::Matches(std::string_view text) const {
  if (engine_->re2 != nullptr) return engine_->re2->Match(text, 0, text.size(), RE2::UNANCHORED, nullptr, 0);
  std::vector<RegexSpan> spans;
  return Search(text, 0, false, spans);
}

bool Regex::Search(std::string_view text, size_t from, bool with_groups, std::vector<RegexSpan>& spans) const {
  RegexBudget budget;
  const RegexPiece& root = *engine_->pieces;
  spans.assign(groups_ + 1, {});
  const auto end_from = [&](size_t begin) {
    return root.short_wanted() ? root.nfa->Shortest(text, begin, text.size(), budget)
                               : root.nfa->Longest(text, begin, text.size(), budget);
  };
  size_t begin = from, end = RegexNfa::kNone;
  if (engine_->re2 != nullptr) {
    re2::StringPiece match;
    if (!engine_->re2->Match(text, from, text.size(), RE2::UNANCHORED, &match, 1)) return false;
    begin = static_cast<size_t>(match.data() - text.data());
    end = root.short_wanted() ? end_from(begin) : begin + match.size();
  } else {
    for (;;) {
      end = end_from(begin);
      if (end != RegexNfa::kNone) break;
      if (begin >= text.size()) return false;
      NextCodePoint(text, begin);
    }
  }
  spans[0] = {begin, end};
  if (with_groups && groups_ > 0) DissectRegex(root, text, begin, end, budget, spans);
  return true;
}

}  // namespace rem::sql
