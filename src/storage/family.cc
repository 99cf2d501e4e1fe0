#include "storage/family.h"

#include <array>

#include "base/check.h"

namespace rem {

namespace {

constexpr std::array<FamilySpec, kFamilyCount> kFamilies = {{
    {Family::kMeta, "meta", AccessPattern::kPoint, 0},
    {Family::kRows, "rows", AccessPattern::kScanAndGet, 8},
    {Family::kIds, "ids", AccessPattern::kPoint, 4},
    {Family::kIndex, "index", AccessPattern::kRange, 8},
    {Family::kLookup, "lookup", AccessPattern::kRange, 4},
    {Family::kVectors, "vectors", AccessPattern::kLarge, 10},
    {Family::kLog, "log", AccessPattern::kAppend, 4},
}};

constexpr bool RowsAreInEnumOrder() {
  for (size_t i = 0; i < kFamilyCount; ++i) {
    if (static_cast<size_t>(kFamilies[i].family) != i) return false;
  }
  return true;
}
static_assert(RowsAreInEnumOrder(), "DescribeFamily indexes the table by the enum");

}  // namespace

const FamilySpec& DescribeFamily(Family family) {
  const auto row = static_cast<size_t>(family);
  REM_CHECK(row < kFamilyCount);
  return kFamilies[row];
}

}  // namespace rem
