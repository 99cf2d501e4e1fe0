#pragma once

#include <vector>

#include "sql/plan/function.h"

namespace rem::sql {

/// to_char of numbers.
void AddNumberTemplateFunctions(std::vector<Function>& out);

}  // namespace rem::sql
