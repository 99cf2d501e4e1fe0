#include "sql/binder/window_plan.h"

#include <algorithm>
#include <utility>

namespace rem::sql {

namespace {

// What the rows are sorted by for a window; each column once.
std::vector<SortKey> SortOf(const LogicalWindow& window) {
  std::vector<SortKey> keys;
  const auto add = [&](const SortKey& key) {
    if (std::ranges::find(keys, key.column, &SortKey::column) == keys.end()) keys.push_back(key);
  };
  for (const ColumnId column : window.partition) add({column, false, false});
  for (const SortKey& key : window.order) add(key);
  return keys;
}

bool SameWindow(const LogicalWindow& a, const LogicalWindow& b) {
  return a.partition == b.partition && std::ranges::equal(a.order, b.order, [](const SortKey& x, const SortKey& y) {
           return x.column == y.column && x.descending == y.descending && x.nulls_first == y.nulls_first;
         });
}

// Numbers the columns that windows sort by, as PostgreSQL does while it reads them: the order of a window comes before
// its partition.
class Ranks {
 public:
  void Add(ColumnId column) {
    if (std::ranges::find(seen_, column) == seen_.end()) seen_.push_back(column);
  }
  auto Of(ColumnId column) const { return std::ranges::find(seen_, column) - seen_.begin(); }

 private:
  std::vector<ColumnId> seen_;
};

// Windows that begin alike stand side by side, the longer one first.
bool RunsBefore(const LogicalWindow& a, const LogicalWindow& b, const Ranks& ranks) {
  const std::vector<SortKey> x = SortOf(a), y = SortOf(b);
  for (size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
    const auto left = ranks.Of(x[i].column), right = ranks.Of(y[i].column);
    if (left != right) return left > right;
    if (x[i].descending != y[i].descending) return x[i].descending;
    if (x[i].nulls_first != y[i].nulls_first) return x[i].nulls_first;
  }
  return x.size() > y.size();
}

}  // namespace

std::vector<LogicalWindow> PlanWindows(std::vector<BoundWindow> windows,
                                       const std::function<ColumnId(const ExprPtr&)>& column_of) {
  std::vector<LogicalWindow> planned;
  Ranks ranks;
  for (BoundWindow& window : windows) {
    LogicalWindow one;
    for (const AggregateSortKey& key : window.spec.order) {
      one.order.push_back({column_of(key.expr), key.descending, key.nulls_first});
      ranks.Add(one.order.back().column);
    }
    for (const ExprPtr& expr : window.spec.partition) {
      one.partition.push_back(column_of(expr));
      ranks.Add(one.partition.back());
    }
    WindowCall call = std::move(window.call);
    for (const ExprPtr& argument : window.arguments) call.arguments.push_back(column_of(argument));
    if (window.filter != nullptr) call.filter = column_of(window.filter);
    if (window.range_value != nullptr) call.frame.value = column_of(window.range_value);
    if (window.start_reach != nullptr) call.frame.start.reach = column_of(window.start_reach);
    if (window.end_reach != nullptr) call.frame.end.reach = column_of(window.end_reach);
    const auto same = std::ranges::find_if(planned, [&](const LogicalWindow& other) { return SameWindow(one, other); });
    if (same != planned.end()) {
      same->calls.push_back(std::move(call));
    } else {
      one.calls.push_back(std::move(call));
      planned.push_back(std::move(one));
    }
  }
  std::ranges::stable_sort(planned, [&](const auto& a, const auto& b) { return RunsBefore(a, b, ranks); });
  return planned;
}

}  // namespace rem::sql
