#pragma once

#include "sql/plan/plan.h"
#include "store/read_view.h"
#include "store/statistics_cache.h"

namespace rem::sql {

struct PlannerContext {
  const ReadView& view;
  /// Apply rules and choose access paths; else every query scans its table.
  bool optimise = true;
  FixedEvaluator evaluate;
  uint64_t catalog_version = 0;
  /// Keeps what is known about tables between statements.
  StatisticsCache* statistics = nullptr;
  /// Somebody reads the plan: guess how many rows each operator gives.
  bool explain = false;
};

PhysicalPlan PlanQuery(LogicalPlan plan, const PlannerContext& context);

}  // namespace rem::sql
