#include <charconv>
#include <cmath>
#include <cstring>

#include "types/cast.h"

namespace rem {

namespace {

std::string_view Trim(std::string_view text) {
  static constexpr std::string_view kSpaces = " \t\n\r\f\v";
  const size_t begin = text.find_first_not_of(kSpaces);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpaces) - begin + 1);
}

bool EqualsIgnoringCase(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != lower[i]) return false;
  }
  return true;
}

template <typename T>
std::optional<T> ParseWhole(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// from_chars knows no '+'; after one, another sign is wrong.
bool TakePlus(std::string_view& text) {
  if (!text.starts_with('+')) return true;
  text.remove_prefix(1);
  return !text.starts_with('-');
}

}  // namespace

std::optional<int64_t> ParseInt(std::string_view text) {
  text = Trim(text);
  if (!TakePlus(text)) return std::nullopt;
  return ParseWhole<int64_t>(text);
}

std::optional<double> ParseDouble(std::string_view text) {
  text = Trim(text);
  if (!TakePlus(text) || text.empty()) return std::nullopt;
  const bool negative = text.front() == '-';
  const std::string_view word = negative ? text.substr(1) : text;
  if (word.empty()) return std::nullopt;
  if ((word.front() | 32) == 'n' || (word.front() | 32) == 'i') {
    if (EqualsIgnoringCase(word, "nan") && !negative) return std::nan("");
    if (EqualsIgnoringCase(word, "infinity") || EqualsIgnoringCase(word, "inf")) return negative ? -HUGE_VAL : HUGE_VAL;
    return std::nullopt;
  }
  return ParseWhole<double>(text);
}

std::optional<bool> ParseBool(std::string_view text) {
  text = Trim(text);
  // Any beginning of these words that tells them apart, as PostgreSQL takes it.
  static constexpr struct {
    std::string_view word;
    size_t shortest;
    bool value;
  } kWords[] = {{"true", 1, true}, {"false", 1, false}, {"yes", 1, true}, {"no", 1, false},
                {"on", 2, true},   {"off", 2, false},   {"1", 1, true},   {"0", 1, false}};
  for (const auto& [word, shortest, value] : kWords) {
    if (text.size() >= shortest && text.size() <= word.size() && EqualsIgnoringCase(text, word.substr(0, text.size())))
      return value;
  }
  return std::nullopt;
}

namespace {

// PostgreSQL's choice of form: decimal exponents from -4 up to the type's digits are written out.
template <typename T>
std::string FormatFloat(T value, T fixed_below) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  char buffer[48];
  const T magnitude = std::fabs(value);
  const bool fixed = value == 0 || (magnitude >= static_cast<T>(1e-4) && magnitude < fixed_below);
  auto end = std::to_chars(buffer, buffer + sizeof(buffer), value,
                           fixed ? std::chars_format::fixed : std::chars_format::scientific)
                 .ptr;
  return std::string(buffer, end);
}

}  // namespace

std::string FormatDouble(double value) { return FormatFloat(value, 1e15); }
std::string FormatReal(float value) { return FormatFloat(value, 1e6F); }

}  // namespace rem
