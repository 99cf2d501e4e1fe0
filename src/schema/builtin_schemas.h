#pragma once

#include <span>
#include <string_view>

namespace rem {

struct BuiltinSchema {
  std::string_view name;
  std::string_view json;
};

/// resources, entities, agents, sessions, messages, moments: category "system", made for every tenant.
std::span<const BuiltinSchema> BuiltinSchemas();

}  // namespace rem
