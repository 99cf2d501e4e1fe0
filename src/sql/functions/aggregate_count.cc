#include "sql/functions/aggregate_rows.h"

namespace rem::sql {

namespace {

using enum LogicalType;

// count(*) and count(x): rows with a NULL argument do not come here.
void Count(AggregateUpdate& update) {
  ForEachState<int64_t>(update, [](int64_t& count, size_t) { ++count; });
}
void MergeCount(std::byte* into, const std::byte* from, Arena&, KernelFailure&) {
  *reinterpret_cast<int64_t*>(into) += StateOf<int64_t>(from);
}
void FinishCount(const std::byte* state, Column& out, size_t row, KernelFailure&) {
  out.data<int64_t>()[row] = StateOf<int64_t>(state);
}

}  // namespace

void AddCountAggregates(std::vector<AggregateFunction>& out) {
  const auto add = [&](std::vector<LogicalType> arguments) {
    out.push_back({"count", std::move(arguments), kInt, sizeof(int64_t), Count, MergeCount, FinishCount});
  };
  add({});
  add({kAny});
}

}  // namespace rem::sql
