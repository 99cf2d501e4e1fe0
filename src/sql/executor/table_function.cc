#include <algorithm>

#include "sql/executor/operator.h"
#include "sql/plan/table_function.h"

namespace rem::sql {

namespace {

// One call with its rows, chunk by chunk.
class Call {
 public:
  Call(const ExecContext& context, const LogicalTableFunction& plan) : plan_(plan), chunk_rows_(context.batch_rows) {
    for (const ColumnId id : plan.outputs) columns_.push_back(std::make_unique<Column>(context.column(id).type));
    if (plan.ordinality) columns_.push_back(std::make_unique<Column>(LogicalType::kInt));
  }

  void Open(std::span<const Value> arguments) {
    const bool nothing =
        plan_.function->strict && std::ranges::any_of(arguments, [](const Value& value) { return value.IsNull(); });
    run_ = nothing ? nullptr : plan_.function->open(arguments);
    size_ = at_ = 0;
    number_ = 0;
  }
  /// Whether there is a row at hand; reads the next chunk where needed.
  bool HasRow() {
    if (at_ < size_) return true;
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
  size_t columns() const { return columns_.size(); }
  const Column& column(size_t i) const { return *columns_[i]; }
  /// Rows at hand.
  size_t size() const { return size_; }
  size_t at() const { return at_; }
  void Skip(size_t rows) { at_ += rows; }

 private:
  const LogicalTableFunction& plan_;
  const size_t chunk_rows_;
  std::unique_ptr<TableFunctionRun> run_;
  std::vector<std::unique_ptr<Column>> columns_;
  size_t size_ = 0;
  size_t at_ = 0;
  int64_t number_ = 0;
};

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
  Call call_;
  ColumnBatch batch_;
};

// The rows of several calls side by side, for each input row.
class ProjectSet : public Operator {
 public:
  ProjectSet(const ExecContext& context, const PhysicalNode& node, OperatorPtr input)
      : plan_(std::get<ProjectSetPlan>(node.body)), input_(std::move(input)), batch_rows_(context.batch_rows) {
    const FixedValues fixed = context.fixed();
    for (const LogicalTableFunction& call : plan_.calls) {
      calls_.push_back(std::make_unique<Call>(context, call));
      for (const ExprPtr& argument : call.arguments)
        arguments_.push_back(Program::Compile(*argument, node.input->layout, fixed));
    }
    for (const ColumnId id : node.layout) columns_.push_back(std::make_unique<Column>(context.column(id).type));
    input_columns_ = node.input->layout.size();
  }

  ColumnBatch* Next() override {
    while (true) {
      if (!open_ && !OpenRow()) return nullptr;
      const size_t rows = ReadRows();
      if (rows == 0) {
        open_ = false;
        continue;
      }
      batch_.columns.clear();
      for (const auto& column : columns_) batch_.columns.push_back(column.get());
      batch_.rows = rows;
      batch_.filtered = false;
      return &batch_;
    }
  }

 private:
  bool OpenRow() {
    if (from_ == nullptr || at_ == from_->count()) {
      from_ = input_->Next();
      at_ = 0;
      if (from_ == nullptr) return false;
    }
    row_ = static_cast<uint32_t>(from_->row(at_++));
    size_t next = 0;
    for (size_t i = 0; i < calls_.size(); ++i) {
      std::vector<Value> values;
      for (size_t a = 0; a < plan_.calls[i].arguments.size(); ++a)
        values.push_back(arguments_[next++].Run(from_->columns, from_->rows, &row_, 1).Get(row_));
      calls_[i]->Open(values);
    }
    for (size_t c = 0; c < input_columns_; ++c) columns_[c]->SetConstant(from_->columns[c]->Get(row_));
    return open_ = true;
  }

  size_t ReadRows() {
    for (size_t c = input_columns_; c < columns_.size(); ++c) columns_[c]->Reset(batch_rows_);
    size_t rows = 0;
    for (; rows < batch_rows_; ++rows) {
      bool any = false;
      for (const auto& call : calls_) any |= call->HasRow();
      if (!any) break;
      size_t c = input_columns_;
      for (const auto& call : calls_) {
        const bool has = call->HasRow();
        for (size_t i = 0; i < call->columns(); ++i, ++c) {
          // Deep: the call's chunk may end before this batch does.
          if (has) {
            columns_[c]->CopyCellDeep(rows, call->column(i), call->at());
          } else {
            columns_[c]->SetNull(rows);
          }
        }
        if (has) call->Skip(1);
      }
    }
    return rows;
  }

  const ProjectSetPlan& plan_;
  OperatorPtr input_;
  const size_t batch_rows_;
  std::vector<std::unique_ptr<Call>> calls_;
  std::vector<Program> arguments_;
  std::vector<std::unique_ptr<Column>> columns_;
  size_t input_columns_ = 0;
  ColumnBatch* from_ = nullptr;
  size_t at_ = 0;
  uint32_t row_ = 0;
  bool open_ = false;
  ColumnBatch batch_;
};

}  // namespace

OperatorPtr NewTableFunction(const ExecContext& context, const PhysicalNode& node) {
  return std::make_unique<TableFunctionScan>(context, node);
}
OperatorPtr NewProjectSet(const ExecContext& context, const PhysicalNode& node, OperatorPtr input) {
  return std::make_unique<ProjectSet>(context, node, std::move(input));
}

}  // namespace rem::sql
