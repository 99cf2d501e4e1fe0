#include "types/big_decimal.h"

#include <algorithm>

#include "base/check.h"

namespace rem {

namespace {

constexpr uint64_t kBase = 1'000'000'000;

void Trim(Limbs& limbs) {
  while (!limbs.empty() && limbs.back() == 0) limbs.pop_back();
}

Limbs MultiplySmall(const Limbs& a, uint64_t b) {
  Limbs out;
  out.reserve(a.size() + 1);
  uint64_t carry = 0;
  for (const uint32_t limb : a) {
    carry += limb * b;
    out.push_back(static_cast<uint32_t>(carry % kBase));
    carry /= kBase;
  }
  if (carry != 0) out.push_back(static_cast<uint32_t>(carry));
  Trim(out);
  return out;
}

Limbs DivideSmall(const Limbs& a, uint64_t b, uint64_t& remainder) {
  Limbs out(a.size());
  remainder = 0;
  for (size_t i = a.size(); i-- > 0;) {
    const uint64_t value = remainder * kBase + a[i];
    out[i] = static_cast<uint32_t>(value / b);
    remainder = value % b;
  }
  Trim(out);
  return out;
}

}  // namespace

Limbs LimbsFromDigits(std::string_view digits) {
  Limbs limbs;
  while (!digits.empty()) {
    const size_t count = std::min<size_t>(9, digits.size());
    uint32_t limb = 0;
    for (const char c : digits.substr(digits.size() - count)) limb = limb * 10 + static_cast<uint32_t>(c - '0');
    limbs.push_back(limb);
    digits.remove_suffix(count);
  }
  Trim(limbs);
  return limbs;
}

std::string DigitsFromLimbs(const Limbs& limbs) {
  std::string digits;
  for (size_t i = limbs.size(); i-- > 0;) {
    std::string part = std::to_string(limbs[i]);
    if (!digits.empty()) digits.append(9 - part.size(), '0');
    digits += part;
  }
  return digits;
}

int CompareLimbs(const Limbs& a, const Limbs& b) {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  for (size_t i = a.size(); i-- > 0;) {
    if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
  }
  return 0;
}

Limbs AddLimbs(const Limbs& a, const Limbs& b) {
  Limbs out;
  uint64_t carry = 0;
  for (size_t i = 0; i < std::max(a.size(), b.size()) || carry != 0; ++i) {
    carry += uint64_t{i < a.size() ? a[i] : 0} + (i < b.size() ? b[i] : 0);
    out.push_back(static_cast<uint32_t>(carry % kBase));
    carry /= kBase;
  }
  return out;
}

Limbs SubtractLimbs(const Limbs& a, const Limbs& b) {
  Limbs out = a;
  int64_t borrow = 0;
  for (size_t i = 0; i < out.size(); ++i) {
    int64_t value = int64_t{out[i]} - (i < b.size() ? b[i] : 0) - borrow;
    borrow = value < 0;
    if (borrow != 0) value += static_cast<int64_t>(kBase);
    out[i] = static_cast<uint32_t>(value);
  }
  REM_CHECK(borrow == 0);
  Trim(out);
  return out;
}

Limbs MultiplyLimbs(const Limbs& a, const Limbs& b) {
  Limbs out(a.size() + b.size(), 0);
  for (size_t i = 0; i < a.size(); ++i) {
    uint64_t carry = 0;
    for (size_t j = 0; j < b.size() || carry != 0; ++j) {
      carry += out[i + j] + (j < b.size() ? uint64_t{a[i]} * b[j] : 0);
      out[i + j] = static_cast<uint32_t>(carry % kBase);
      carry /= kBase;
    }
  }
  Trim(out);
  return out;
}

Limbs DivideLimbs(const Limbs& a, const Limbs& b, Limbs& remainder) {
  REM_CHECK(!b.empty());
  if (CompareLimbs(a, b) < 0) {
    remainder = a;
    return {};
  }
  if (b.size() == 1) {
    uint64_t rest = 0;
    Limbs quotient = DivideSmall(a, b[0], rest);
    remainder.assign(1, static_cast<uint32_t>(rest));
    Trim(remainder);
    return quotient;
  }
  // Both are scaled so that the divisor's top limb is at least half the base: estimates are then off by two at most.
  const uint64_t scale = kBase / (uint64_t{b.back()} + 1);
  Limbs u = MultiplySmall(a, scale);
  const Limbs v = MultiplySmall(b, scale);
  if (u.size() == a.size()) u.push_back(0);
  const size_t n = v.size(), m = u.size() - n;
  Limbs quotient(m, 0);
  for (size_t j = m; j-- > 0;) {
    const uint64_t top = uint64_t{u[j + n]} * kBase + u[j + n - 1];
    uint64_t digit = top / v[n - 1], rest = top % v[n - 1];
    while (digit >= kBase || digit * v[n - 2] > rest * kBase + u[j + n - 2]) {
      --digit;
      rest += v[n - 1];
      if (rest >= kBase) break;
    }
    int64_t borrow = 0;
    uint64_t carry = 0;
    for (size_t i = 0; i <= n; ++i) {
      carry += i < n ? digit * v[i] : 0;
      int64_t value = int64_t{u[i + j]} - static_cast<int64_t>(carry % kBase) - borrow;
      carry /= kBase;
      borrow = value < 0;
      u[i + j] = static_cast<uint32_t>(borrow != 0 ? value + static_cast<int64_t>(kBase) : value);
    }
    if (borrow != 0) {
      --digit;
      uint64_t sum = 0;
      for (size_t i = 0; i <= n; ++i) {
        sum += uint64_t{u[i + j]} + (i < n ? v[i] : 0);
        u[i + j] = static_cast<uint32_t>(sum % kBase);
        sum /= kBase;
      }
    }
    quotient[j] = static_cast<uint32_t>(digit);
  }
  Trim(quotient);
  Trim(u);
  uint64_t none = 0;
  remainder = DivideSmall(u, scale, none);
  return quotient;
}

}  // namespace rem
