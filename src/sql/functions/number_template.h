#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sql/plan/function.h"

namespace rem::sql {

/// One element of a template: a digit, a sign, or text that stands as it is.
struct NumberItem {
  enum class Mark : uint8_t {
    kNine,
    kZero,
    kPoint,
    kComma,
    kSign,
    kMinus,
    kPlus,
    kPlusMinus,
    kOrdinal,
    kCurrency,
    kText
  };
  Mark mark = Mark::kText;
  std::string text;
};

/// A template of to_char and to_number for numbers. Error(kSyntax) for elements that do not go together.
struct NumberTemplate {
  explicit NumberTemplate(std::string_view text);

  std::vector<NumberItem> items;
  int before = 0, behind = 0;         ///< Digits around the point.
  int shift = 0;                      ///< Digits behind V, which multiply by ten each.
  int zero_begin = -1, zero_end = 0;  ///< Digit positions from which, and up to which, zeros are written.
  bool point = false, fill = false, bracket = false, minus = false, plus = false;
  bool shifted = false;     ///< V
  bool scientific = false;  ///< EEEE
  bool roman = false, roman_lower = false;
  enum class Anchor : uint8_t { kNone, kFront, kBack } anchor = Anchor::kNone;  ///< Where S puts the sign.
  int digits_before_sign = 0;

 private:
  void Add(NumberItem::Mark mark, std::string_view text = {}) { items.push_back({mark, std::string(text)}); }
  void Read(std::string_view& text);
  bool ReadSpecial(std::string_view& text);
  void Digit(NumberItem::Mark mark);
  bool Sign(std::string_view& text);
  void Together() const;
};

/// to_char and to_number of numbers.
void AddNumberTemplateFunctions(std::vector<Function>& out);
void AddToNumberFunctions(std::vector<Function>& out);

}  // namespace rem::sql
