#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sql/plan/expression.h"
#include "sql/plan/function.h"
#include "types/batch.h"

namespace rem::sql {

struct ExecContext;

/// Values of outer references.
using OuterValues = std::vector<std::pair<ColumnId, Value>>;

/// What an execution fixes: parameter values, the time of the statement, and the row of the enclosing query.
struct FixedValues {
  std::span<const Value> parameters;
  int64_t now_micros = 0;
  const OuterValues* outer = nullptr;
  /// To run subqueries with; lives as long as the programs that have some.
  const ExecContext* context = nullptr;
};

/// An expression compiled to a list of kernel calls over batches. Fixed parts are computed when it is compiled. CASE,
/// COALESCE, AND and OR narrow the rows that their arguments are computed for, so that an argument never fails for a
/// row that does not need it. Not thread-safe: holds its registers.
class Program {
 public:
  /// `layout` names the columns of the batches that Run will see. Other columns are outer references.
  static Program Compile(const Expr& expr, std::span<const ColumnId> layout, const FixedValues& fixed);

  /// The value of the expression for the rows that `rows` lists (nullptr: 0 to count - 1) of `columns`, each with
  /// `capacity` rows. Lives until the next Run.
  const Column& Run(std::span<const Column* const> columns, size_t capacity, const uint32_t* rows, size_t count);

  /// Keeps the rows for which a boolean expression is true.
  void Filter(std::span<const Column* const> columns, size_t capacity, std::vector<uint32_t>& rows);
  /// As Filter, of rows 0 to count - 1.
  void FilterAll(std::span<const Column* const> columns, size_t capacity, size_t count, std::vector<uint32_t>& rows);

 private:
  struct Set;
  struct Step;
  class Compiler;

  const CellCodes* CodesOfInput(std::span<const Column* const> columns) const;
  void FilterByCodes(std::span<const Column* const> columns, size_t capacity, const CellCodes& codes,
                     std::vector<uint32_t>& rows);
  void RunStep(Step& step, size_t capacity);
  void RunSubquery(Step& step, const uint32_t* rows, size_t count);
  void CallKernel(Step& step, const uint32_t* rows, size_t count, size_t capacity);

  std::vector<Step> steps_;
  std::vector<const Column*> registers_;
  std::vector<std::unique_ptr<Column>> owned_;
  /// (register, place in the layout)
  std::vector<std::pair<size_t, size_t>> inputs_;
  /// selections_[0] is what Run was given.
  std::vector<std::vector<uint32_t>> selections_;
  const uint32_t* rows_ = nullptr;
  size_t count_ = 0;
  size_t result_ = 0;
  /// The value depends on one column only, row by row.
  bool of_one_column_ = false;
  /// What Filter knows of the cells of one dictionary, by their codes.
  enum class Answer : uint8_t { kUnknown, kAsked, kNo, kYes };
  uint64_t dictionary_ = 0;
  std::vector<Answer> answers_;
  std::vector<uint32_t> asked_;
  int64_t now_micros_ = 0;
  const ExecContext* context_ = nullptr;

 public:
  Program(Program&&) noexcept;
  ~Program();

 private:
  Program();
};

/// The value of a fixed expression.
Value EvaluateFixed(const Expr& expr, const FixedValues& fixed);

}  // namespace rem::sql
