#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/executor/rows_result.h"
#include "sql/parser/ast_clone.h"
#include "sql/pipeline_change.h"

namespace rem::sql {
namespace {

// Values that the changes in one WITH return: as many as a statement may have parameters, less its own.
constexpr size_t kMaxReturned = 50'000;

// The change with the queries before it in front of its own.
void GiveCommons(std::vector<ast::CommonTable> before, bool recursive, auto& change) {
  for (const ast::CommonTable& common : change.with) {
    if (common.change != nullptr) {
      throw Error(ErrorCode::kNotSupported,
                  "WITH clause containing a data-modifying statement must be at the top level",
                  "move it to the beginning of the statement")
          .WithPosition(common.position);
    }
    std::erase_if(before, [&](const ast::CommonTable& other) { return other.name == common.name; });
  }
  std::ranges::move(change.with, std::back_inserter(before));
  change.with = std::move(before);
  change.recursive |= recursive;
}

// SELECT $n::type AS name, ... for each row; for none, a query of these columns that gives none.
ast::SelectPtr QueryOf(const std::vector<ResultColumn>& columns, size_t rows, size_t first) {
  ast::SelectPtr query;
  for (size_t row = 0; row < std::max<size_t>(rows, 1); ++row) {
    ast::FromPtr one = RowFrom("row", columns, first + row * columns.size());
    if (query == nullptr) {
      query = std::move(one->subquery);
      continue;
    }
    std::vector<ast::ExprPtr> values;
    for (ast::SelectItem& item : one->subquery->items) values.push_back(std::move(item.expr));
    query->values.push_back(std::move(values));
  }
  if (rows > 1) {
    std::vector<ast::ExprPtr> values;
    for (ast::SelectItem& item : query->items) values.push_back(std::move(item.expr));
    query->values.insert(query->values.begin(), std::move(values));
    query->items.clear();
  }
  if (rows == 0) {
    query->where = std::make_unique<ast::Expr>();
    query->where->kind = ast::ExprKind::kBool;
  }
  return query;
}

Result RunChange(const ChangeContext& context, ast::CommonTable& common, std::vector<ast::CommonTable> before,
                 bool recursive) {
  ast::Change& change = *common.change;
  if (auto* insert = std::get_if<ast::Insert>(&change.body)) {
    GiveCommons(std::move(before), recursive, *insert);
    return RunInsert(context, *insert);
  }
  if (auto* update = std::get_if<ast::Update>(&change.body)) {
    GiveCommons(std::move(before), recursive, *update);
    return RunUpdate(context, *update);
  }
  if (auto* del = std::get_if<ast::Delete>(&change.body)) {
    GiveCommons(std::move(before), recursive, *del);
    return RunDelete(context, *del);
  }
  throw Error(ErrorCode::kNotSupported, "not supported yet: this statement in WITH", "run it by itself")
      .WithPosition(common.position);
}

}  // namespace

std::vector<Value> RunCommons(const ChangeContext& context, std::vector<ast::CommonTable>& commons, bool recursive) {
  std::vector<Value> values(context.parameters.begin(), context.parameters.end());
  for (size_t i = 0; i < commons.size(); ++i) {
    ast::CommonTable& common = commons[i];
    if (common.change == nullptr) continue;
    std::vector<ast::CommonTable> before;
    for (size_t j = 0; j < i; ++j) {
      ast::CommonTable copy;
      copy.name = commons[j].name;
      copy.columns = commons[j].columns;
      copy.query = ast::Clone(commons[j].query);
      copy.materialised = commons[j].materialised;
      copy.position = commons[j].position;
      before.push_back(std::move(copy));
    }
    const ChangeContext inner{context.query, context.transaction, values, context.now_micros};
    Result result = RunChange(inner, common, std::move(before), recursive);
    common.change.reset();
    const std::vector<ResultColumn> columns(result.columns().begin(), result.columns().end());
    if (columns.empty()) continue;
    const size_t first = values.size() + 1;
    size_t rows = 0;
    for (; result.Next(); ++rows) {
      for (size_t c = 0; c < columns.size(); ++c) values.push_back(result.Get(c));
      if (values.size() - context.parameters.size() > kMaxReturned) {
        throw Error(ErrorCode::kLimitExceeded, "changes in WITH return too many values",
                    fmt::format("they return at most {} together", kMaxReturned))
            .WithPosition(common.position);
      }
    }
    if (rows == 0) values.resize(values.size() + columns.size());
    common.query = QueryOf(columns, rows, first);
    for (size_t c = common.columns.size(); c < columns.size(); ++c) common.columns.push_back(columns[c].name);
  }
  return values;
}

Result RunModifyingSelect(const ChangeContext& context, ast::ModifyingSelect& select) {
  Result result = RunSelect(context.query, std::move(select.query), context.parameters, context.now_micros);
  std::vector<std::vector<Value>> rows;
  while (result.Next()) {
    std::vector<Value>& row = rows.emplace_back();
    for (size_t i = 0; i < result.columns().size(); ++i) row.push_back(result.Get(i));
  }
  return MakeRowsResult({result.columns().begin(), result.columns().end()}, rows, -1);
}

}  // namespace rem::sql
