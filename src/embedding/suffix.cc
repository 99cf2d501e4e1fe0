#include "embedding/suffix.h"

#include <algorithm>

namespace rem {

namespace {

bool IsVowel(char c) { return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' || c == 'y'; }

bool HasVowel(std::string_view word) { return std::any_of(word.begin(), word.end(), IsVowel); }

bool NeedsEBeforeS(std::string_view word) {
  return word.ends_with('s') || word.ends_with('x') || word.ends_with('z') || word.ends_with("ch") ||
         word.ends_with("sh");
}

std::string_view StripPlural(std::string_view word, std::string& buffer) {
  if (word.size() < 4 || !word.ends_with('s') || word.ends_with("ss") || word.ends_with("us") || word.ends_with("is"))
    return word;
  if (word.size() > 4 && word.ends_with("ies")) {
    buffer.assign(word.substr(0, word.size() - 3)).push_back('y');
    return buffer;
  }
  word.remove_suffix(1);
  if (word.ends_with('e') && NeedsEBeforeS(word.substr(0, word.size() - 1))) word.remove_suffix(1);
  return word;
}

// "running" loses "ing" and one n; "calling" and "passing" keep both letters.
std::string_view StripVerbEnding(std::string_view word) {
  const size_t ending = word.ends_with("ing") ? 3 : word.ends_with("ed") ? 2 : 0;
  if (ending == 0 || word.size() < ending + 3) return word;
  std::string_view stem = word.substr(0, word.size() - ending);
  if (!HasVowel(stem)) return word;
  const char last = stem.back();
  if (stem.size() > 3 && stem[stem.size() - 2] == last && !IsVowel(last) && last != 'l' && last != 's' && last != 'z') {
    stem.remove_suffix(1);
  }
  return stem;
}

}  // namespace

std::string_view StripSuffix(std::string_view word, std::string& buffer) {
  if (word.size() < 4) return word;
  if (std::any_of(word.begin(), word.end(), [](char c) { return static_cast<signed char>(c) < 0; })) return word;
  std::string_view stem = StripVerbEnding(StripPlural(word, buffer));
  if (stem.size() > 3 && stem.ends_with('e')) stem.remove_suffix(1);
  return stem;
}

}  // namespace rem
