#pragma once

#include <string_view>

#include <rem/document.h>

#include "catalog/tenant_catalog.h"
#include "sql/plan/plan.h"

namespace rem::sql {

/// Binds a QuerySpec (rem/database.h) to a plan whose only output is the row id. Errors: kTableNotFound,
/// kInvalidArgument naming the place in the spec.
LogicalPlan BindQuerySpec(const CatalogSnapshot& catalog, std::string_view table, const DocumentView& spec);

}  // namespace rem::sql
