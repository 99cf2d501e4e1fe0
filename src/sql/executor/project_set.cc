#include <algorithm>

#include "sql/executor/table_function_call.h"

namespace rem::sql {

namespace {

// The rows of several calls side by side, for each input row. A batch holds the rows of as many rows of one input batch
// as fit.
class ProjectSet : public Operator {
 public:
  ProjectSet(const ExecContext& context, const PhysicalNode& node, OperatorPtr input)
      : plan_(std::get<ProjectSetPlan>(node.body)),
        input_(std::move(input)),
        batch_rows_(context.batch_rows),
        input_columns_(node.input->layout.size()) {
    const FixedValues fixed = context.fixed();
    for (const LogicalTableFunction& call : plan_.calls) {
      calls_.push_back(std::make_unique<TableFunctionCall>(context, call));
      for (const ExprPtr& argument : call.arguments)
        programs_.push_back(Program::Compile(*argument, node.input->layout, fixed));
    }
    for (const ColumnId id : node.layout) columns_.push_back(std::make_unique<Column>(context.column(id).type));
    for (const auto& column : columns_) batch_.columns.push_back(column.get());
  }

  ColumnBatch* Next() override {
    for (const auto& column : columns_) column->Reset(batch_rows_);
    size_t rows = 0;
    while (rows < batch_rows_) {
      if (!open_) {
        const bool more = from_ != nullptr && at_ < from_->count();
        // Cells of the batch point into the input batch, which must not go away.
        if (!more && rows > 0) break;
        if (!more && !ReadInput()) return nullptr;
        OpenRow();
      }
      if (std::ranges::none_of(calls_, [](const auto& call) { return call->HasRow(); })) {
        open_ = false;
        continue;
      }
      WriteRow(rows++);
    }
    batch_.rows = rows;
    batch_.filtered = false;
    return &batch_;
  }

 private:
  bool ReadInput() {
    from_ = input_->Next();
    at_ = 0;
    if (from_ == nullptr) return false;
    selection_.resize(from_->count());
    for (size_t i = 0; i < selection_.size(); ++i) selection_[i] = static_cast<uint32_t>(from_->row(i));
    arguments_.clear();
    for (Program& program : programs_)
      arguments_.push_back(&program.Run(from_->columns, from_->rows, selection_.data(), selection_.size()));
    return true;
  }

  void OpenRow() {
    row_ = selection_[at_++];
    number_ = 0;
    open_ = true;
    size_t next = 0;
    for (size_t i = 0; i < calls_.size(); ++i) {
      values_.clear();
      for (size_t a = 0; a < plan_.calls[i].arguments.size(); ++a) values_.push_back(arguments_[next++]->Get(row_));
      calls_[i]->Open(values_);
    }
  }

  void WriteRow(size_t to) {
    for (size_t c = 0; c < input_columns_; ++c) columns_[c]->CopyCell(to, *from_->columns[c], row_);
    size_t c = input_columns_;
    for (const auto& call : calls_) {
      const bool has = call->HasRow();
      for (size_t i = 0; i < call->columns(); ++i, ++c) {
        // Deep: the call's chunk may end before this batch does.
        if (has) {
          columns_[c]->CopyCellDeep(to, call->column(i), call->at());
        } else {
          columns_[c]->SetNull(to);
        }
      }
      if (has) call->Skip(1);
    }
    if (plan_.ordinality) columns_[c]->data<int64_t>()[to] = ++number_;
  }

  const ProjectSetPlan& plan_;
  OperatorPtr input_;
  const size_t batch_rows_;
  const size_t input_columns_;
  std::vector<std::unique_ptr<TableFunctionCall>> calls_;
  std::vector<Program> programs_;
  std::vector<std::unique_ptr<Column>> columns_;
  // The input batch at hand, its rows that count, and the arguments of all calls for them.
  ColumnBatch* from_ = nullptr;
  std::vector<uint32_t> selection_;
  std::vector<const Column*> arguments_;
  size_t at_ = 0;
  // The input row whose calls are open.
  uint32_t row_ = 0;
  int64_t number_ = 0;
  bool open_ = false;
  std::vector<Value> values_;
  ColumnBatch batch_;
};

}  // namespace

OperatorPtr NewProjectSet(const ExecContext& context, const PhysicalNode& node, OperatorPtr input) {
  return std::make_unique<ProjectSet>(context, node, std::move(input));
}

}  // namespace rem::sql
