#include "sql/executor/operator.h"

namespace rem::sql {

namespace {

// Adds computed columns behind those of its input.
class Project : public Operator {
 public:
  Project(const ExecContext& context, const PhysicalNode& node, OperatorPtr input) : input_(std::move(input)) {
    const FixedValues fixed = context.fixed();
    for (const ComputedColumn& computed : std::get<ProjectPlan>(node.body).computed)
      programs_.push_back(Program::Compile(*computed.expr, node.input->layout, fixed));
  }

  ColumnBatch* Next() override {
    ColumnBatch* batch = input_->Next();
    if (batch == nullptr) return nullptr;
    const std::vector<const Column*> columns = batch->columns;
    batch_.columns = columns;
    for (Program& program : programs_)
      batch_.columns.push_back(&program.Run(columns, batch->rows, batch->row_numbers(), batch->count()));
    batch_.rows = batch->rows;
    batch_.filtered = batch->filtered;
    batch_.selection.swap(batch->selection);
    return &batch_;
  }

 private:
  OperatorPtr input_;
  std::vector<Program> programs_;
  ColumnBatch batch_;
};

}  // namespace

OperatorPtr NewProject(const ExecContext& context, const PhysicalNode& node, OperatorPtr input) {
  return std::make_unique<Project>(context, node, std::move(input));
}

}  // namespace rem::sql
