#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rem/value.h>

#include "types/column.h"

namespace rem::sql {

/// One running call of a table function.
class TableFunctionRun {
 public:
  virtual ~TableFunctionRun() = default;
  /// Writes up to `capacity` rows to the columns (Reset to `capacity` by the caller); 0 after the last.
  virtual size_t Next(std::span<Column* const> out, size_t capacity) = 0;
};

/// One overload of a function that gives rows: generate_series, unnest, jsonb_array_elements, ... This is also the seam
/// for search(...), match(...) and traverse(...), whose runs will hold what they read from. Types may be kAnyElement
/// and ArrayOf(kAnyElement), as of a Function.
struct TableFunction {
  struct ResultColumn {
    std::string_view name;
    LogicalType type;
  };
  std::string_view name;
  std::vector<LogicalType> arguments;
  std::vector<ResultColumn> columns;
  /// Arguments have the types above, or are NULL.
  std::unique_ptr<TableFunctionRun> (*open)(std::span<const Value> arguments) = nullptr;
  /// No rows for a NULL argument, without calling open.
  bool strict = true;
  /// Not reachable by its name from SQL.
  bool internal = false;
  /// The columns are those that the statement defines: AS t (a integer, b text). A last argument has their names.
  bool record = false;
};

/// A function that gives its one argument as one row, so that functions of one value may stand in FROM.
const TableFunction& SingleRowFunction();

/// Overloads of a name in lower case; empty for a name that is no table function.
std::span<const TableFunction> FindTableFunctions(std::string_view name);
std::vector<std::string> TableFunctionNames();

// What each file of sql/functions adds to the registry.
void AddSeriesFunctions(std::vector<TableFunction>& out);
void AddJsonTableFunctions(std::vector<TableFunction>& out);
void AddJsonRecordFunctions(std::vector<TableFunction>& out);
void AddArrayTableFunctions(std::vector<TableFunction>& out);
void AddRegexTableFunctions(std::vector<TableFunction>& out);

}  // namespace rem::sql
