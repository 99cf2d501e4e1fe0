#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rem {

/// Natural numbers of any size: base 10^9, least limb first, no zero at the top.
using Limbs = std::vector<uint32_t>;

Limbs LimbsFromDigits(std::string_view digits);
/// Without leading zeros; "" for 0.
std::string DigitsFromLimbs(const Limbs& limbs);
int CompareLimbs(const Limbs& a, const Limbs& b);
Limbs AddLimbs(const Limbs& a, const Limbs& b);
/// a >= b.
Limbs SubtractLimbs(const Limbs& a, const Limbs& b);
Limbs MultiplyLimbs(const Limbs& a, const Limbs& b);
/// b is not 0. Knuth, The Art of Computer Programming, 4.3.1, algorithm D.
Limbs DivideLimbs(const Limbs& a, const Limbs& b, Limbs& remainder);

}  // namespace rem
