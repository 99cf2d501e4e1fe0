#include "sql/parser/transform.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/parser/ast_limits.h"
#include "sql/parser/transform_expression.h"

namespace rem::sql {

namespace {

struct Refusal {
  PgQuery__Node__NodeCase node;
  std::string_view what;
  std::string_view hint;
};

constexpr std::array<Refusal, 14> kRefusals = {{
    {PG_QUERY__NODE__NODE_INSERT_STMT, "INSERT through SQL", "use Session::Insert (Python: db.insert(table, record))"},
    {PG_QUERY__NODE__NODE_UPDATE_STMT, "UPDATE through SQL", "use Session::Update (Python: db.update(id, changes))"},
    {PG_QUERY__NODE__NODE_DELETE_STMT, "DELETE through SQL", "use Session::Delete (Python: db.delete(id))"},
    {PG_QUERY__NODE__NODE_CREATE_STMT, "CREATE TABLE through SQL",
     "use Session::RegisterSchema (Python: db.register_schema(name, schema))"},
    {PG_QUERY__NODE__NODE_ALTER_TABLE_STMT, "ALTER TABLE through SQL",
     "register the changed schema with Session::RegisterSchema"},
    {PG_QUERY__NODE__NODE_INDEX_STMT, "CREATE INDEX through SQL",
     "name the field in the schema's indexed_fields and register the schema again"},
    {PG_QUERY__NODE__NODE_DROP_STMT, "DROP through SQL", "use Session::DropTable"},
    {PG_QUERY__NODE__NODE_TRUNCATE_STMT, "TRUNCATE through SQL",
     "use Session::DropTable and register the schema again"},
    {PG_QUERY__NODE__NODE_TRANSACTION_STMT, "transactions through SQL",
     "Session::InsertBatch writes many records at once, all or nothing"},
    {PG_QUERY__NODE__NODE_COPY_STMT, "COPY", "use `rem-db insert TABLE --file F.jsonl`"},
    {PG_QUERY__NODE__NODE_PREPARE_STMT, "PREPARE", "pass parameters with the statement; its plan is kept"},
    {PG_QUERY__NODE__NODE_EXECUTE_STMT, "EXECUTE", "pass parameters with the statement; its plan is kept"},
    {PG_QUERY__NODE__NODE_VARIABLE_SET_STMT, "SET", "use the options of the call"},
    {PG_QUERY__NODE__NODE_RANGE_SUBSELECT, "subqueries in FROM", "run the inner query first"},
}};

void Refuse(const PgQuery__Node& node) {
  const auto refusal = std::ranges::find(kRefusals, node.node_case, &Refusal::node);
  if (refusal != kRefusals.end()) ThrowNotSupported(refusal->what, refusal->hint, 1);
  ThrowNotSupported("this kind of statement", "SELECT and EXPLAIN SELECT work", 1);
}

class StatementTransformer {
 public:
  StatementTransformer(std::string_view sql, const PreparedText& prepared) : expressions_(sql, prepared) {}

  ast::SelectPtr Select(const PgQuery__SelectStmt& node) {
    RefuseClauses(node);
    auto result = std::make_unique<ast::Select>();
    ast::Select& select = *result;
    Items(node, select);
    From(node, select);
    select.where = expressions_.TransformOptional(node.where_clause);
    for (size_t i = 0; i < node.n_sort_clause; ++i) select.order_by.push_back(SortItem(*node.sort_clause[i]->sort_by));
    select.limit = expressions_.TransformOptional(node.limit_count);
    select.offset = expressions_.TransformOptional(node.limit_offset);
    return result;
  }

 private:
  static void RefuseClauses(const PgQuery__SelectStmt& node) {
    if (node.with_clause != nullptr) ThrowNotSupported("WITH", "run the queries one by one", 0);
    if (node.op != PG_QUERY__SET_OPERATION__SETOP_NONE)
      ThrowNotSupported("UNION, INTERSECT and EXCEPT", "run the queries one by one", 0);
    if (node.n_values_lists > 0) ThrowNotSupported("VALUES", "SELECT the expressions", 0);
    if (node.into_clause != nullptr) ThrowNotSupported("SELECT INTO", "insert the records with Session::Insert", 0);
    if (node.n_distinct_clause > 0) ThrowNotSupported("DISTINCT", "remove duplicates in the application", 0);
    if (node.n_group_clause > 0) ThrowNotSupported("GROUP BY", "aggregate one group at a time with WHERE", 0);
    if (node.having_clause != nullptr) ThrowNotSupported("HAVING", "filter the aggregated row in the application", 0);
    if (node.n_window_clause > 0) ThrowNotSupported("WINDOW", "compute the window in the application", 0);
    if (node.n_locking_clause > 0)
      ThrowNotSupported("FOR UPDATE and FOR SHARE", "leave it out: a query reads one snapshot", 0);
    if (node.limit_option == PG_QUERY__LIMIT_OPTION__LIMIT_OPTION_WITH_TIES)
      ThrowNotSupported("WITH TIES", "use LIMIT", 0);
  }

  void Items(const PgQuery__SelectStmt& node, ast::Select& select) {
    if (node.n_target_list == 0) {
      throw Error(ErrorCode::kSyntax, "syntax error: SELECT names no columns", "name the columns, or write SELECT *")
          .WithPosition(7);
    }
    if (node.n_target_list > kMaxSelectItems) {
      throw Error(ErrorCode::kLimitExceeded, "target lists can have at most 1664 entries", "select fewer columns");
    }
    for (size_t i = 0; i < node.n_target_list; ++i) {
      const PgQuery__ResTarget& target = *node.target_list[i]->res_target;
      ast::SelectItem item;
      item.expr = expressions_.Transform(*target.val);
      if (target.name != nullptr && target.name[0] != '\0') item.alias = target.name;
      select.items.push_back(std::move(item));
    }
  }

  void From(const PgQuery__SelectStmt& node, ast::Select& select) {
    if (node.n_from_clause == 0) return;
    if (node.n_from_clause > 1) ThrowNotSupported("joins", "query one table at a time", 0);
    const PgQuery__Node& from = *node.from_clause[0];
    if (from.node_case == PG_QUERY__NODE__NODE_JOIN_EXPR) ThrowNotSupported("joins", "query one table at a time", 0);
    if (from.node_case != PG_QUERY__NODE__NODE_RANGE_VAR)
      ThrowNotSupported("subqueries and functions in FROM", "name a table", 0);
    const PgQuery__RangeVar& range = *from.range_var;
    if (range.alias != nullptr && range.alias->n_colnames > 0)
      ThrowNotSupported("column names in a table alias", "rename the columns with AS", Position(range));
    ast::TableName table;
    table.position = Position(range);
    // A dotted name is the fully_qualified_name of a table.
    for (const ast::NamePart& part : expressions_.NamesAt(range.location))
      table.name += (table.name.empty() ? "" : ".") + part.original;
    if (table.name.empty()) table.name = range.relname;
    table.alias = range.alias == nullptr ? range.relname : range.alias->aliasname;
    auto item = std::make_unique<ast::FromItem>();
    item->position = table.position;
    item->table = std::move(table);
    select.from.push_back(std::move(item));
  }

  ast::SortItem SortItem(const PgQuery__SortBy& node) {
    if (node.sortby_dir == PG_QUERY__SORT_BY_DIR__SORTBY_USING)
      ThrowNotSupported("ORDER BY ... USING", "use ASC or DESC", 0);
    ast::SortItem item;
    item.expr = expressions_.Transform(*node.node);
    item.descending = node.sortby_dir == PG_QUERY__SORT_BY_DIR__SORTBY_DESC;
    if (node.sortby_nulls == PG_QUERY__SORT_BY_NULLS__SORTBY_NULLS_FIRST) item.nulls = ast::NullOrder::kFirst;
    if (node.sortby_nulls == PG_QUERY__SORT_BY_NULLS__SORTBY_NULLS_LAST) item.nulls = ast::NullOrder::kLast;
    return item;
  }

  int Position(const PgQuery__RangeVar& range) const { return expressions_.Position(range.location); }

  ExpressionTransformer expressions_;
};

}  // namespace

ast::Statement TransformStatement(std::string_view sql, const PreparedText& prepared, const PgQuery__Node& node) {
  ast::Statement statement;
  const PgQuery__Node* query = &node;
  if (node.node_case == PG_QUERY__NODE__NODE_EXPLAIN_STMT) {
    statement.explain.emplace();
    query = node.explain_stmt->query;
    if (node.explain_stmt->n_options > 0) ThrowNotSupported("options of EXPLAIN", "write EXPLAIN SELECT ...", 1);
  }
  if (query->node_case != PG_QUERY__NODE__NODE_SELECT_STMT) Refuse(*query);
  statement.body = StatementTransformer(sql, prepared).Select(*query->select_stmt);
  return statement;
}

}  // namespace rem::sql
