#include "sql/executor/cell_hash.h"
#include "sql/executor/statement_state.h"

namespace rem::sql {

namespace {

// x IN (SELECT y ...): the values of y are read once into a hash table. Without an equal one the answer is NULL where a
// NULL might have been equal.
class Probe : public SubqueryRun {
 public:
  Probe(const ExecContext& context, size_t subquery)
      : plan_(context.plan->subqueries[subquery]), memory_(context, "IN"), keys_({plan_.build->type}) {}

  Value Compute(const ExecContext& context, std::span<const Column* const> columns, size_t row) override {
    if (!read_) Read(context);
    if (rows_ == 0) return Value(false);
    if (columns[0]->IsNull(row)) return Value();
    if (keys_.Find(columns, row, HashCell(*columns[0], row)) != KeyTable::kNone) return Value(true);
    return has_null_ ? Value() : Value(false);
  }

 private:
  void Read(const ExecContext& context) {
    ExecContext nested = context;
    nested.outer.clear();
    Program build = Program::Compile(*plan_.build, plan_.root->layout, nested.fixed());
    const OperatorPtr root = BuildOperators(nested, *plan_.root);
    while (const ColumnBatch* batch = root->Next()) {
      const Column* cells = &build.Run(batch->columns, batch->rows, batch->row_numbers(), batch->count());
      rows_ += batch->count();
      for (size_t i = 0; i < batch->count(); ++i) {
        const size_t row = batch->row(i);
        if (cells->IsNull(row)) {
          has_null_ = true;
        } else {
          keys_.FindOrAdd(std::span(&cells, 1), row, HashCell(*cells, row));
        }
      }
      memory_.Set(keys_.memory_bytes());
    }
    read_ = true;
  }

  const PhysicalSubquery& plan_;
  MemoryUse memory_;
  KeyTable keys_;
  bool read_ = false;
  bool has_null_ = false;
  size_t rows_ = 0;
};

}  // namespace

std::unique_ptr<SubqueryRun> NewSubqueryProbe(const ExecContext& context, size_t subquery) {
  return std::make_unique<Probe>(context, subquery);
}

}  // namespace rem::sql
