#include <algorithm>

#include <rem/vector_index.h>

#include "sql/functions/session_access.h"
#include "sql/plan/table_function.h"

namespace rem::sql {

namespace {

using enum LogicalType;

/// vector_indexes(): a row for each vector index of the tenant, as it is now.
class VectorIndexRows : public TableFunctionRun {
 public:
  explicit VectorIndexRows(std::vector<VectorIndexInfo> indexes) : indexes_(std::move(indexes)) {}

  size_t Next(std::span<Column* const> out, size_t capacity) override {
    const size_t rows = std::min(capacity, indexes_.size() - next_);
    for (size_t row = 0; row < rows; ++row) {
      const std::vector<Value> cells = Cells(indexes_[next_++]);
      for (size_t i = 0; i < cells.size(); ++i) out[i]->Set(row, cells[i]);
    }
    return rows;
  }

 private:
  static std::vector<Value> Cells(const VectorIndexInfo& index) {
    const auto number = [](uint64_t value) { return Value(static_cast<int64_t>(value)); };
    return {Value(index.table),
            Value(index.column),
            Value(index.metric),
            index.name.empty() ? Value() : Value(index.name),
            Value(index.state),
            Value(index.codes),
            number(index.m),
            number(index.ef_construction),
            number(index.memory_limit),
            number(index.rows),
            number(index.memory_bytes),
            number(index.disk_bytes),
            index.recall ? Value(*index.recall) : Value(),
            number(index.recall_samples),
            number(index.ef)};
  }

  const std::vector<VectorIndexInfo> indexes_;
  size_t next_ = 0;
};

std::unique_ptr<TableFunctionRun> Open(std::span<const Value>) {
  return std::make_unique<VectorIndexRows>(CurrentSession().VectorIndexes());
}

}  // namespace

void AddVectorIndexFunctions(std::vector<TableFunction>& out) {
  out.push_back({"vector_indexes",
                 {},
                 {{"table_name", kText},
                  {"column_name", kText},
                  {"metric", kText},
                  {"index_name", kText},
                  {"state", kText},
                  {"codes", kText},
                  {"m", kInt},
                  {"ef_construction", kInt},
                  {"memory_limit", kInt},
                  {"row_count", kInt},
                  {"memory_bytes", kInt},
                  {"disk_bytes", kInt},
                  {"recall", kDouble},
                  {"recall_samples", kInt},
                  {"ef", kInt}},
                 Open});
}

}  // namespace rem::sql
