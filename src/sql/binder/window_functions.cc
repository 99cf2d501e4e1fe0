#include "sql/binder/window_functions.h"

#include <algorithm>
#include <vector>

namespace rem::sql {

namespace {

using enum LogicalType;

struct Signature {
  std::string_view name;
  WindowFunction function;
  std::vector<LogicalType> arguments;
  LogicalType result;
};

const std::vector<Signature>& Known() {
  using enum WindowFunction;
  static const std::vector<Signature> known = {
      {"row_number", kRowNumber, {}, kInt},
      {"rank", kRank, {}, kInt},
      {"dense_rank", kDenseRank, {}, kInt},
      {"percent_rank", kPercentRank, {}, kDouble},
      {"cume_dist", kCumeDist, {}, kDouble},
      {"ntile", kNtile, {kInteger}, kInteger},
      {"lag", kLag, {kAnyElement}, kAnyElement},
      {"lag", kLag, {kAnyElement, kInteger}, kAnyElement},
      {"lag", kLag, {kAnyElement, kInteger, kAnyElement}, kAnyElement},
      {"lead", kLead, {kAnyElement}, kAnyElement},
      {"lead", kLead, {kAnyElement, kInteger}, kAnyElement},
      {"lead", kLead, {kAnyElement, kInteger, kAnyElement}, kAnyElement},
      {"first_value", kFirstValue, {kAnyElement}, kAnyElement},
      {"last_value", kLastValue, {kAnyElement}, kAnyElement},
      {"nth_value", kNthValue, {kAnyElement, kInteger}, kAnyElement},
  };
  return known;
}

const std::vector<Function>& Signatures() {
  static const std::vector<Function> signatures = [] {
    std::vector<Function> made;
    for (const Signature& one : Known()) made.push_back({one.name, one.arguments, one.result, nullptr});
    return made;
  }();
  return signatures;
}

}  // namespace

std::span<const Function> FindWindowFunctions(std::string_view name) {
  const std::vector<Function>& all = Signatures();
  const auto first = std::ranges::find(all, name, &Function::name);
  const auto last = std::find_if(first, all.end(), [&](const Function& one) { return one.name != name; });
  return {first, last};
}

WindowFunction WindowFunctionOf(const Function& signature) {
  return Known()[static_cast<size_t>(&signature - Signatures().data())].function;
}

}  // namespace rem::sql
