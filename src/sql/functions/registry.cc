#include <algorithm>
#include <unordered_map>

#include "sql/plan/function.h"

namespace rem::sql {

namespace {

class Registry {
 public:
  Registry() {
    AddArithmeticFunctions(functions_);
    AddComparisonFunctions(functions_);
    AddCastFunctions(functions_);
    AddTextFunctions(functions_);
    AddLikeFunctions(functions_);
    AddLogicFunctions(functions_);
    AddJsonFunctions(functions_);
    AddDatetimeFunctions(functions_);
    AddVectorFunctions(functions_);
    AddNumericFunctions(functions_);
    AddIntervalFunctions(functions_);
    AddArrayFunctions(functions_);
    AddMiscFunctions(functions_);
    AddEncodingFunctions(functions_);
    AddRegexFunctions(functions_);
    AddFormatFunctions(functions_);
    AddDigestFunctions(functions_);
    AddBytesFunctions(functions_);
    AddJsonChangeFunctions(functions_);
    AddSessionFunctions(functions_);
    AddZoneFunctions(functions_);
    AddToCharFunctions(functions_);
    std::stable_sort(functions_.begin(), functions_.end(),
                     [](const auto& a, const auto& b) { return a.name < b.name; });
    for (const Function& function : Find("cast"))
      casts_.emplace(Pair(function.arguments[0], function.result), &function);
  }

  std::span<const Function> Find(std::string_view name) const {
    const auto less = [](const auto& a, const auto& b) { return Name(a) < Name(b); };
    const auto [begin, end] = std::equal_range(functions_.begin(), functions_.end(), name, less);
    return {functions_.data() + (begin - functions_.begin()), static_cast<size_t>(end - begin)};
  }

  const Function* FindCast(LogicalType from, LogicalType to) const {
    const auto it = casts_.find(Pair(from, to));
    return it == casts_.end() ? nullptr : it->second;
  }

  const std::vector<Function>& all() const { return functions_; }

 private:
  static std::string_view Name(std::string_view name) { return name; }
  static std::string_view Name(const Function& function) { return function.name; }

  static uint16_t Pair(LogicalType from, LogicalType to) {
    return static_cast<uint16_t>(static_cast<unsigned>(from) << 8 | static_cast<unsigned>(to));
  }

  std::vector<Function> functions_;
  std::unordered_map<uint16_t, const Function*> casts_;
};

const Registry& TheRegistry() {
  static const Registry registry;
  return registry;
}

}  // namespace

std::span<const Function> FindFunctions(std::string_view name) { return TheRegistry().Find(name); }

const Function* FindOverload(std::string_view name, std::span<const LogicalType> arguments) {
  for (const Function& function : FindFunctions(name)) {
    if (std::ranges::equal(function.arguments, arguments)) return &function;
  }
  return nullptr;
}

const Function* FindCast(LogicalType from, LogicalType to) { return TheRegistry().FindCast(from, to); }

std::vector<std::string> FunctionNames() {
  std::vector<std::string> names;
  for (const Function& function : TheRegistry().all()) {
    const bool word = function.name[0] >= 'a' && function.name[0] <= 'z';
    if (word && !function.internal && (names.empty() || names.back() != function.name))
      names.emplace_back(function.name);
  }
  return names;
}

}  // namespace rem::sql
