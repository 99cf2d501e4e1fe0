#include "sql/functions/exact_sum.h"

#include "types/numeric.h"

namespace rem::sql {

namespace {

bool MultiplyByTens(__int128& value, int times) {
  for (; times > 0; --times) {
    if (__builtin_mul_overflow(value, static_cast<__int128>(10), &value)) return false;
  }
  return true;
}

}  // namespace

bool ExactSum::AddSmall(__int128 digits, int digits_scale) {
  __int128 sum = small.value();
  if (digits_scale > scale && !MultiplyByTens(sum, digits_scale - scale)) return false;
  if (digits_scale < scale && !MultiplyByTens(digits, scale - digits_scale)) return false;
  if (__builtin_add_overflow(sum, digits, &sum)) return false;
  small.Assign(sum);
  scale = std::max(scale, digits_scale);
  return true;
}

void ExactSum::AddText(std::string_view value, Arena& arena) {
  const std::string sum = AddNumerics(ToText(), value);
  wide = true;
  text.Clear();
  text.Append(sum, arena);
}

void ExactSum::Add(std::string_view value, Arena& arena) {
  const auto number = wide ? std::nullopt : ReadSmallNumeric(value);
  if (!number || !AddSmall(number->digits, number->scale)) AddText(value, arena);
  ++count;
}

void ExactSum::Merge(const ExactSum& other, Arena& arena) {
  if (other.count == 0) return;
  if (wide || other.wide || !AddSmall(other.small.value(), other.scale)) AddText(other.ToText(), arena);
  count += other.count;
}

std::string ExactSum::ToText() const { return wide ? std::string(text.view()) : NumericFromWide(small.value(), scale); }

}  // namespace rem::sql
