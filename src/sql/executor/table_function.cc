#include <algorithm>

#include "sql/executor/table_function_call.h"

namespace rem::sql {

TableFunctionCall::TableFunctionCall(const ExecContext& context, const LogicalTableFunction& plan)
    : plan_(plan), chunk_rows_(context.batch_rows) {
  for (const ColumnId id : plan.outputs) columns_.push_back(std::make_unique<Column>(context.column(id).type));
  if (plan.ordinality) columns_.push_back(std::make_unique<Column>(LogicalType::kInt));
}

void TableFunctionCall::Open(std::span<const Value> arguments) {
  const bool nothing =
      plan_.function->strict && std::ranges::any_of(arguments, [](const Value& value) { return value.IsNull(); });
  run_ = nothing ? nullptr : plan_.function->open(arguments);
  size_ = at_ = 0;
  number_ = 0;
}

bool TableFunctionCall::ReadChunk() {
  if (run_ == nullptr) return false;
  std::vector<Column*> out;
  for (size_t i = 0; i < plan_.outputs.size(); ++i) {
    columns_[i]->Reset(chunk_rows_);
    out.push_back(columns_[i].get());
  }
  at_ = 0;
  size_ = run_->Next(out, chunk_rows_);
  if (size_ == 0) run_ = nullptr;
  if (plan_.ordinality) {
    columns_.back()->Reset(std::max<size_t>(size_, 1));
    for (size_t i = 0; i < size_; ++i) columns_.back()->data<int64_t>()[i] = ++number_;
  }
  return size_ > 0;
}

namespace {

class TableFunctionScan : public Operator {
 public:
  TableFunctionScan(const ExecContext& context, const PhysicalNode& node)
      : call_(context, std::get<TableFunctionPlan>(node.body).call) {
    std::vector<Value> arguments;
    for (const ExprPtr& argument : std::get<TableFunctionPlan>(node.body).call.arguments)
      arguments.push_back(context.Evaluate(*argument));
    call_.Open(arguments);
  }

  ColumnBatch* Next() override {
    if (!call_.HasRow()) return nullptr;
    batch_.columns.clear();
    for (size_t i = 0; i < call_.columns(); ++i) batch_.columns.push_back(&call_.column(i));
    batch_.rows = call_.size();
    batch_.filtered = false;
    call_.Skip(call_.size());
    return &batch_;
  }

 private:
  TableFunctionCall call_;
  ColumnBatch batch_;
};

}  // namespace

OperatorPtr NewTableFunction(const ExecContext& context, const PhysicalNode& node) {
  return std::make_unique<TableFunctionScan>(context, node);
}

}  // namespace rem::sql
