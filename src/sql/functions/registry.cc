#include <algorithm>
#include <map>

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
    std::stable_sort(functions_.begin(), functions_.end(),
                     [](const auto& a, const auto& b) { return a.name < b.name; });
  }

  std::span<const Function> Find(std::string_view name) const {
    const auto less = [](const auto& a, const auto& b) { return Name(a) < Name(b); };
    const auto [begin, end] = std::equal_range(functions_.begin(), functions_.end(), name, less);
    return {functions_.data() + (begin - functions_.begin()), static_cast<size_t>(end - begin)};
  }

  const std::vector<Function>& all() const { return functions_; }

 private:
  static std::string_view Name(std::string_view name) { return name; }
  static std::string_view Name(const Function& function) { return function.name; }

  std::vector<Function> functions_;
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

const Function* FindCast(LogicalType from, LogicalType to) {
  for (const Function& function : FindFunctions("cast")) {
    if (function.arguments[0] == from && function.result == to) return &function;
  }
  return nullptr;
}

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
