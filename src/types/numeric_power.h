#pragma once

#include <string>
#include <string_view>

namespace rem {

// Exponentials, logarithms and powers of numerics (types/numeric.h), with as many digits as PostgreSQL gives. Errors
// have its SQLSTATEs: 2201E for logarithms, 2201F for powers, 22003 past the range.

std::string ExpNumeric(std::string_view a);
std::string LnNumeric(std::string_view a);
std::string LogNumeric(std::string_view base, std::string_view a);
std::string Log10Numeric(std::string_view a);
std::string PowerNumeric(std::string_view base, std::string_view exponent);

}  // namespace rem
