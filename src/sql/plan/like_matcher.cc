#include "sql/plan/like_matcher.h"

#include "base/utf8.h"

namespace rem::sql {

namespace {
constexpr char kAny = 1, kOne = 2, kLiteral = 3;
}  // namespace

bool LikeMatcher::Compile(std::string_view pattern, std::optional<char32_t> escape) {
  program_.clear();
  literal_.clear();
  prefix_.clear();
  size_t wildcards = 0, any_at_start = 0, any_at_end = 0;
  bool in_prefix = true;
  for (size_t at = 0; at < pattern.size();) {
    size_t begin = at;
    char32_t c = NextCodePoint(pattern, at);
    const bool escaped = escape && c == *escape;
    if (escaped) {
      if (at == pattern.size()) return false;
      begin = at;
      c = NextCodePoint(pattern, at);
    }
    if (!escaped && (c == U'%' || c == U'_')) {
      in_prefix = false;
      if (c == U'%' && !program_.empty() && program_.back() == kAny &&
          (program_.size() < 2 || program_[program_.size() - 2] != kLiteral))
        continue;
      ++wildcards;
      if (c == U'%') {
        if (program_.empty()) any_at_start = 1;
        if (at == pattern.size() || pattern.find_first_not_of('%', at) == std::string_view::npos) any_at_end = 1;
      }
      program_.push_back(c == U'%' ? kAny : kOne);
      continue;
    }
    const std::string_view bytes = pattern.substr(begin, at - begin);
    if (c <= kLiteral) program_.push_back(kLiteral);
    program_ += bytes;
    literal_ += bytes;
    if (in_prefix) prefix_ += bytes;
  }
  if (wildcards == 0) {
    shape_ = Shape::kExact;
  } else if (program_.size() == 1 && any_at_start == 1) {
    shape_ = Shape::kPrefix;
  } else if (wildcards == any_at_start + any_at_end) {
    shape_ = any_at_start == 0 ? Shape::kPrefix : any_at_end == 0 ? Shape::kSuffix : Shape::kContains;
  } else {
    shape_ = Shape::kGeneral;
  }
  return true;
}

bool LikeMatcher::Matches(std::string_view text) const {
  switch (shape_) {
    case Shape::kExact:
      return text == literal_;
    case Shape::kPrefix:
      return text.starts_with(literal_);
    case Shape::kSuffix:
      return text.ends_with(literal_);
    case Shape::kContains:
      return text.find(literal_) != std::string_view::npos;
    case Shape::kGeneral:
      return MatchesGeneral(text);
  }
  return false;
}

// Goes back to the last % only, which is enough: an earlier one could only give the later ones less text to choose
// from.
bool LikeMatcher::MatchesGeneral(std::string_view text) const {
  size_t at = 0, step = 0;
  size_t retry_at = 0, retry_step = std::string::npos;
  for (;;) {
    if (step < program_.size() && program_[step] == kAny) {
      retry_step = ++step;
      retry_at = at;
      if (step == program_.size()) return true;
      continue;
    }
    bool matched = false;
    if (step == program_.size()) {
      if (at == text.size()) return true;
    } else if (at < text.size()) {
      if (program_[step] == kOne) {
        NextCodePoint(text, at);
        ++step;
        matched = true;
      } else {
        const size_t byte = step + (program_[step] == kLiteral ? 1 : 0);
        if (program_[byte] == text[at]) {
          step = byte + 1;
          ++at;
          matched = true;
        }
      }
    }
    if (matched) continue;
    if (retry_step == std::string::npos || retry_at >= text.size()) return false;
    NextCodePoint(text, retry_at);
    at = retry_at;
    step = retry_step;
  }
}

}  // namespace rem::sql
