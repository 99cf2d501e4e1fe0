#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include <fmt/format.h>
#include <rem/error.h>

#include "catalog/computed_values.h"
#include "catalog/view.h"
#include "sql/executor/rows_result.h"
#include "sql/pipeline_change.h"
#include "sql/pipeline_copy_format.h"

namespace rem::sql {
namespace {

// Rows that one INSERT takes, and bytes that are kept before they are written.
constexpr size_t kRowsAtOnce = 1'000;
constexpr size_t kWrittenAtOnce = size_t{1} << 20;

[[noreturn]] void CannotOpen(const std::string& file, const char* what) {
  const int error = errno;
  const bool missing = error == ENOENT;
  throw Error(missing ? ErrorCode::kNotFound : ErrorCode::kPermission,
              fmt::format("could not open file \"{}\" for {}: {}", file, what, std::strerror(error)),
              "name a file that this process can open")
      .WithSqlState(missing ? "58P01" : "42501");
}

/// The columns that are copied: those named, else all that are not generated.
std::vector<std::string> ColumnsOf(const Table& table, const ast::Copy& copy) {
  std::vector<std::string> columns;
  for (const std::string& name : copy.columns) {
    ast::Assignment column;
    column.path = {{name, name, true}};
    column.position = copy.position;
    columns.push_back(ResolveTarget(table, column).name);
    if (GeneratedExpression(table.schema, name).empty()) continue;
    throw Error(ErrorCode::kInvalidColumnReference, fmt::format("column \"{}\" is a generated column", name),
                "Generated columns cannot be used in COPY.")
        .WithPosition(copy.position);
  }
  if (!columns.empty()) return columns;
  for (const ChangeTarget& target : AllTargets(table, copy.position)) {
    if (GeneratedExpression(table.schema, target.name).empty()) columns.push_back(target.name);
  }
  return columns;
}

int64_t CopyTo(const ChangeContext& context, ast::Copy& copy) {
  ast::SelectPtr query = std::move(copy.query);
  if (query == nullptr) {
    const TablePtr table = FindTable(*context.query.catalog, copy.table);
    if (ViewQueryOf(*table)) {
      throw Error(ErrorCode::kTypeMismatch, fmt::format("cannot copy from view \"{}\"", table->name()),
                  "Try the COPY (SELECT ...) TO variant.")
          .WithSqlState("42809")
          .WithPosition(copy.position);
    }
    query = std::make_unique<ast::Select>();
    for (const std::string& column : ColumnsOf(*table, copy))
      query->items.push_back({ColumnExpr(copy.table.alias, column), std::nullopt});
    query->from.push_back(TableFrom(copy.table));
  }
  Result rows = RunSelect(context.query, std::move(query), context.parameters, context.now_micros);
  errno = 0;
  std::ofstream out(copy.file, std::ios::binary | std::ios::trunc);
  if (!out) CannotOpen(copy.file, "writing");
  const CopyWriter writer(copy);
  std::string text;
  std::vector<CopyField> fields(rows.columns().size());
  if (copy.header) {
    for (size_t i = 0; i < fields.size(); ++i) fields[i] = rows.columns()[i].name;
    writer.Append(fields, text);
  }
  int64_t count = 0;
  for (; rows.Next(); ++count) {
    for (size_t i = 0; i < fields.size(); ++i) {
      const Value value = rows.Get(i);
      fields[i] = value.IsNull()                       ? CopyField()
                  : value.type() == LogicalType::kBool ? CopyField(value.AsBool() ? "t" : "f")
                                                       : CopyField(value.ToText());
    }
    writer.Append(fields, text);
    if (text.size() < kWrittenAtOnce) continue;
    out << text;
    text.clear();
  }
  out << text;
  out.flush();
  if (!out) {
    throw Error(ErrorCode::kIo, fmt::format("could not write to file \"{}\"", copy.file), "look for free space")
        .WithSqlState("58030");
  }
  return count;
}

/// Lines of the file into one table, some at a time.
class Importer {
 public:
  Importer(const ChangeContext& context, const ast::Copy& copy)
      : context_(context),
        copy_(copy),
        table_(FindChanged(*context.query.catalog, copy.table)),
        columns_(ColumnsOf(*table_, copy)) {}

  int64_t Run(std::istream& in) {
    CopyReader reader(copy_, in);
    std::vector<CopyField> fields;
    int64_t count = 0;
    Begin();
    try {
      for (; reader.Next(fields); ++count) {
        line_ = reader.line();
        Add(fields);
        if (insert_.rows.size() == kRowsAtOnce) Insert();
      }
      line_ = reader.line();
    } catch (const Error& error) {
      Fail(error, reader.line());
    }
    Insert();
    return count;
  }

 private:
  void Begin() {
    insert_ = {};
    insert_.table = copy_.table;
    for (const std::string& name : columns_) {
      ast::Assignment column;
      column.path = {{name, name, true}};
      insert_.columns.push_back(std::move(column));
    }
    lines_.clear();
  }

  void Add(const std::vector<CopyField>& fields) {
    if (fields.size() > columns_.size()) {
      throw Error(ErrorCode::kInvalidArgument, "extra data after last expected column",
                  "name the columns, or another DELIMITER")
          .WithSqlState("22P04");
    }
    if (fields.size() < columns_.size()) {
      throw Error(ErrorCode::kInvalidArgument, fmt::format("missing data for column \"{}\"", columns_[fields.size()]),
                  "name the columns, or another DELIMITER")
          .WithSqlState("22P04");
    }
    std::vector<ast::ExprPtr>& row = insert_.rows.emplace_back();
    for (const CopyField& field : fields) {
      auto value = std::make_unique<ast::Expr>();
      value->kind = field ? ast::ExprKind::kString : ast::ExprKind::kNull;
      if (field) value->text = *field;
      row.push_back(std::move(value));
    }
    lines_.push_back(line_);
  }

  void Insert() {
    if (insert_.rows.empty()) return;
    const size_t before = context_.transaction.changes().size();
    try {
      RunInsert(context_, insert_);
    } catch (const Error& error) {
      // Each row that went in is one change.
      const size_t done = context_.transaction.changes().size() - before;
      Fail(error, lines_[std::min(done, lines_.size() - 1)]);
    }
    Begin();
  }

  [[noreturn]] void Fail(const Error& error, int64_t line) const {
    const std::string where = fmt::format("COPY {}, line {}", copy_.table.name, line);
    throw Error(error.code(), error.message(), error.hint())
        .WithDetail(error.detail().empty() ? where : error.detail() + " " + where)
        .WithSqlState(error.sqlstate());
  }

  const ChangeContext& context_;
  const ast::Copy& copy_;
  const TablePtr table_;
  const std::vector<std::string> columns_;
  ast::Insert insert_;
  std::vector<int64_t> lines_;
  int64_t line_ = 0;
};

}  // namespace

Result RunCopy(const ChangeContext& context, ast::Copy& copy) {
  if (!copy.from) return MakeRowsResult({}, {}, CopyTo(context, copy));
  Importer importer(context, copy);
  errno = 0;
  std::ifstream in(copy.file, std::ios::binary);
  if (!in) CannotOpen(copy.file, "reading");
  return MakeRowsResult({}, {}, importer.Run(in));
}

}  // namespace rem::sql
