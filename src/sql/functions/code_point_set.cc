#include "sql/functions/code_point_set.h"

#include <clocale>
#include <cwctype>

#include <algorithm>
#include <array>

namespace rem::sql {

namespace {

constexpr char32_t kLast = 0x10FFFF;

// PostgreSQL asks the C library about the database's locale; this is what it is told in C.UTF-8.
locale_t Unicode() {
  static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return locale;
}

bool Belongs(CharacterClass which, char32_t c) {
  static constexpr std::array<const char*, 14> kNames = {"alnum", "alpha", "",       "blank", "cntrl",
                                                         "digit", "graph", "lower",  "print", "punct",
                                                         "space", "upper", "xdigit", "alnum"};
  if (which == CharacterClass::kAscii) return c < 128;
  if (which == CharacterClass::kWord && c == '_') return true;
  const locale_t locale = Unicode();
  const auto code = static_cast<wint_t>(c);
  if (locale == nullptr) return c < 128 && std::iswctype(code, std::wctype(kNames[static_cast<size_t>(which)])) != 0;
  static const auto types = [locale] {
    std::array<wctype_t, kNames.size()> out{};
    for (size_t i = 0; i < out.size(); ++i) out[i] = wctype_l(kNames[i], locale);
    return out;
  }();
  return iswctype_l(code, types[static_cast<size_t>(which)], locale) != 0;
}

std::vector<CodePointSet::Range> RangesOf(CharacterClass which) {
  std::vector<CodePointSet::Range> out;
  for (char32_t c = 0; c <= kLast; ++c) {
    if (!Belongs(which, c)) continue;
    if (!out.empty() && out.back().second + 1 == c) {
      out.back().second = c;
    } else {
      out.emplace_back(c, c);
    }
  }
  return out;
}

const std::vector<CodePointSet::Range>& CachedRanges(CharacterClass which) {
  static const auto all = [] {
    std::array<std::vector<CodePointSet::Range>, 14> ranges;
    for (size_t i = 0; i < ranges.size(); ++i) ranges[i] = RangesOf(static_cast<CharacterClass>(i));
    return ranges;
  }();
  return all[static_cast<size_t>(which)];
}

char32_t LowerOf(char32_t c) {
  return Unicode() == nullptr ? c : static_cast<char32_t>(towlower_l(static_cast<wint_t>(c), Unicode()));
}
char32_t UpperOf(char32_t c) {
  return Unicode() == nullptr ? c : static_cast<char32_t>(towupper_l(static_cast<wint_t>(c), Unicode()));
}

// Letters with another case, so that folding a wide range need not walk through all of it.
const std::vector<char32_t>& CasedLetters() {
  static const auto letters = [] {
    std::vector<char32_t> out;
    for (char32_t c = 0; c <= kLast; ++c) {
      if (LowerOf(c) != c || UpperOf(c) != c) out.push_back(c);
    }
    return out;
  }();
  return letters;
}

}  // namespace

void CodePointSet::Add(CharacterClass which) {
  const auto& ranges = CachedRanges(which);
  ranges_.insert(ranges_.end(), ranges.begin(), ranges.end());
}

void CodePointSet::Add(const CodePointSet& other) {
  ranges_.insert(ranges_.end(), other.ranges_.begin(), other.ranges_.end());
}

void CodePointSet::FoldCase() {
  const auto& letters = CasedLetters();
  const size_t count = ranges_.size();
  for (size_t i = 0; i < count; ++i) {
    const auto [first, last] = ranges_[i];
    for (auto it = std::ranges::lower_bound(letters, first); it != letters.end() && *it <= last; ++it) {
      Add(LowerOf(*it), LowerOf(*it));
      Add(UpperOf(*it), UpperOf(*it));
    }
  }
}

void CodePointSet::Complement() {
  Seal();
  std::vector<Range> out;
  char32_t next = 0;
  for (const auto& [first, last] : ranges_) {
    if (first > next) out.emplace_back(next, first - 1);
    next = last + 1;
  }
  if (next <= kLast) out.emplace_back(next, kLast);
  ranges_ = std::move(out);
}

void CodePointSet::Seal() {
  std::ranges::sort(ranges_);
  std::vector<Range> out;
  for (const Range& range : ranges_) {
    if (!out.empty() && range.first <= out.back().second + 1) {
      out.back().second = std::max(out.back().second, range.second);
    } else {
      out.push_back(range);
    }
  }
  ranges_ = std::move(out);
  ascii_.reset();
  for (const auto& [first, last] : ranges_) {
    for (char32_t c = first; c <= last && c < 128; ++c) ascii_.set(c);
  }
}

bool CodePointSet::Contains(char32_t c) const {
  if (c < 128) return ascii_[c];
  const auto it = std::ranges::upper_bound(ranges_, c, {}, &Range::first);
  return it != ranges_.begin() && c <= std::prev(it)->second;
}

}  // namespace rem::sql
