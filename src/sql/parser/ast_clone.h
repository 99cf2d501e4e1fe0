#pragma once

#include <vector>

#include "sql/parser/ast.h"

namespace rem::sql::ast {

// Deep copies. nullptr of nullptr. Changes in WITH are shared.
ExprPtr Clone(const ExprPtr& expr);
SelectPtr Clone(const SelectPtr& select);
std::vector<CommonTable> Clone(const std::vector<CommonTable>& commons);

}  // namespace rem::sql::ast
