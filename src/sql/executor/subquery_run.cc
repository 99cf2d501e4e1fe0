#include <algorithm>

#include <rem/error.h>

#include "sql/executor/cell_hash.h"
#include "sql/executor/pair_join.h"
#include "sql/executor/statement_state.h"

namespace rem::sql {

namespace {

/// Results kept for values that come again; after this many the memory starts anew.
constexpr size_t kMemoEntries = 65536;
constexpr const char* kWhat = "subquery";

/// Most items of an ARRAY(SELECT ...).
constexpr size_t kMaxItems = 10'000'000;

// What a kept result takes, about.
size_t BytesOf(const Value& value) {
  if (value.IsNull()) return sizeof(Value);
  if (IsArray(value.type())) {
    size_t bytes = sizeof(Value);
    for (const Value& item : value.AsArray()) bytes += BytesOf(item);
    return bytes;
  }
  if (value.type() == LogicalType::kText) return sizeof(Value) + value.AsText().size();
  if (value.type() == LogicalType::kJson) return sizeof(Value) + value.AsJson().bytes().size();
  return sizeof(Value);
}

class Run : public SubqueryRun {
 public:
  Run(const ExecContext& context, size_t subquery)
      : plan_(context.plan->subqueries[subquery]), memory_(context, kWhat), memo_(KeyTypes(context)) {}

  Value Compute(const ExecContext& context, std::span<const Column* const> columns, size_t row) override {
    HashKey(columns, row);
    const uint32_t known = memo_.Find(columns, row, hash_);
    if (known != KeyTable::kNone) return results_[known];
    Value value = Evaluate(context, columns, row);
    if (results_.size() >= kMemoEntries) {
      memo_ = KeyTable(KeyTypes(context));
      results_.clear();
      result_bytes_ = 0;
    }
    // Evaluating may have come here again (a subquery below a CTE), so the key is looked for anew.
    HashKey(columns, row);
    if (memo_.FindOrAdd(columns, row, hash_) == results_.size()) {
      results_.push_back(value);
      result_bytes_ += BytesOf(value);
      memory_.Set(memo_.memory_bytes() + result_bytes_);
    }
    return value;
  }

 private:
  std::vector<LogicalType> KeyTypes(const ExecContext& context) const {
    std::vector<LogicalType> types;
    for (const ColumnId id : plan_.given) types.push_back(context.column(id).type);
    for (const ColumnId id : plan_.compared) types.push_back(context.column(id).type);
    return types;
  }
  void HashKey(std::span<const Column* const> columns, size_t row) {
    hash_ = 0;
    for (const Column* column : columns) hash_ = HashCell(*column, row, hash_);
  }

  Value Evaluate(const ExecContext& context, std::span<const Column* const> columns, size_t row) {
    if (plan_.comparison != nullptr && plan_.given.empty()) return CompareWithKept(context, columns, row);
    const auto nested = NestedContext(context, plan_.given, columns, row);
    const OperatorPtr root = BuildOperators(*nested, *plan_.root);
    if (plan_.kind == SubqueryKind::kExists) return Value(root->Next() != nullptr);
    if (plan_.kind == SubqueryKind::kScalar) return OneValue(*root);
    if (plan_.kind == SubqueryKind::kArray) return AllValues(*root, context.column(plan_.outputs[0]).type);
    RowStore rows(context, plan_.root->layout, kWhat);
    ReadAll(*root, rows);
    return Compare(context, rows, columns, row);
  }

  Value OneValue(Operator& root) const {
    const size_t place = std::ranges::find(plan_.root->layout, plan_.outputs[0]) - plan_.root->layout.begin();
    Value value;
    size_t rows = 0;
    while (const ColumnBatch* batch = root.Next()) {
      rows += batch->count();
      if (rows > 1) ThrowSeveralRows();
      value = batch->columns[place]->Get(batch->row(0));
    }
    return value;
  }

  Value AllValues(Operator& root, LogicalType type) const {
    const size_t place = std::ranges::find(plan_.root->layout, plan_.outputs[0]) - plan_.root->layout.begin();
    std::vector<Value> items;
    while (const ColumnBatch* batch = root.Next()) {
      for (size_t i = 0; i < batch->count(); ++i) items.push_back(batch->columns[place]->Get(batch->row(i)));
      if (items.size() > kMaxItems)
        throw Error(ErrorCode::kLimitExceeded, "array size exceeds the maximum allowed", "select fewer rows");
    }
    return Value::OfArray(type, std::move(items));
  }

  static void ReadAll(Operator& root, RowStore& rows) {
    while (const ColumnBatch* batch = root.Next()) {
      for (size_t i = 0; i < batch->count(); ++i) rows.Append(*batch, batch->row(i));
      rows.CheckMemory();
    }
  }

  // The rows of a query without outer references are read once, whatever they are compared with.
  Value CompareWithKept(const ExecContext& context, std::span<const Column* const> columns, size_t row) {
    if (kept_ == nullptr) {
      ExecContext nested = context;
      nested.outer.clear();
      auto rows = std::make_unique<RowStore>(context, plan_.root->layout, kWhat);
      const OperatorPtr root = BuildOperators(nested, *plan_.root);
      ReadAll(*root, *rows);
      kept_ = std::move(rows);
    }
    return Compare(context, *kept_, columns, row);
  }

  // ANY: true for one row suffices; else NULL if a comparison was NULL. ALL is the mirror image.
  Value Compare(const ExecContext& context, const RowStore& rows, std::span<const Column* const> columns,
                size_t row) const {
    const bool any = plan_.kind == SubqueryKind::kAny;
    if (rows.size() == 0) return Value(!any);
    const auto nested = NestedContext(context, plan_.compared, columns.subspan(plan_.given.size()), row);
    const auto with_given = NestedContext(*nested, plan_.given, columns, row);
    Program program = Program::Compile(*plan_.comparison, plan_.root->layout, with_given->fixed());
    ColumnBatch batch;
    rows.Show({}, batch);
    bool null = false;
    std::vector<uint32_t> chunk;
    for (size_t first = 0; first < rows.size(); first += kChunkRows) {
      chunk.clear();
      for (size_t i = first; i < std::min(rows.size(), first + kChunkRows); ++i)
        chunk.push_back(static_cast<uint32_t>(i));
      const Column& result = program.Run(batch.columns, rows.size(), chunk.data(), chunk.size());
      for (const uint32_t at : chunk) {
        if (result.IsNull(at)) {
          null = true;
        } else if ((result.data<uint8_t>()[at & result.row_mask()] != 0) == any) {
          return Value(any);
        }
      }
    }
    return null ? Value() : Value(!any);
  }

  static constexpr size_t kChunkRows = 2048;

  const PhysicalSubquery& plan_;
  MemoryUse memory_;
  KeyTable memo_;
  size_t result_bytes_ = 0;
  uint64_t hash_ = 0;
  std::vector<Value> results_;
  std::unique_ptr<RowStore> kept_;
};

}  // namespace

std::unique_ptr<SubqueryRun> NewSubqueryRun(const ExecContext& context, size_t subquery) {
  return std::make_unique<Run>(context, subquery);
}

}  // namespace rem::sql
