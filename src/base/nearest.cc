#include "base/nearest.h"

#include <algorithm>
#include <utility>

namespace rem {

namespace {

// Longer names are data, not slips of the pen; the bound keeps the cost of an error small.
constexpr size_t kMaxNameSize = 128;

std::string LowerAscii(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return lower;
}

// Optimal string alignment: insert, delete, replace, and swap of neighbours cost 1 each.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    std::swap(before_last, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::vector<std::string> NearestNames(std::string_view wanted, std::span<const std::string> known, size_t limit) {
  if (wanted.empty() || wanted.size() > kMaxNameSize) return {};
  const std::string lower = LowerAscii(wanted);
  // One slip for short names, about one in three letters for longer ones.
  const size_t allowed = std::max<size_t>(1, (lower.size() + 1) / 3);
  std::vector<std::pair<size_t, const std::string*>> found;
  for (const std::string& name : known) {
    if (name.size() > lower.size() + allowed || lower.size() > name.size() + allowed) continue;
    const size_t distance = Distance(lower, LowerAscii(name));
    // Sharing nothing is not nearness: "a" is no slip for "b".
    if (distance <= allowed && distance < std::max(lower.size(), name.size())) found.emplace_back(distance, &name);
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> names;
  for (const auto& [distance, name] : found) {
    if (names.size() == limit) break;
    if (std::find(names.begin(), names.end(), *name) == names.end()) names.push_back(*name);
  }
  return names;
}

std::string DidYouMean(std::string_view wanted, std::span<const std::string> known, std::string_view fallback) {
  const std::vector<std::string> names = NearestNames(wanted, known);
  if (names.empty()) return std::string(fallback);
  std::string text = "did you mean ";
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " or " : ", ";
    text += '"' + names[i] + '"';
  }
  return text + '?';
}

}  // namespace rem
