#pragma once

#include <string>
#include <vector>

namespace rem {

/// One entry of a sqllogictest file. Besides `statement` and `query`, `rem-schema NAME` and `rem-insert NAME` are
/// followed by lines of JSON: statements cannot change data in every version that the files run on.
struct SltRecord {
  enum class Kind { kSchema, kInsert, kStatementOk, kStatementError, kQuery };
  enum class Order { kNoSort, kRowSort, kValueSort };
  Kind kind = Kind::kQuery;
  int line = 0;
  std::string name;   ///< Table of rem-schema and rem-insert; SQLSTATE of statement error.
  std::string types;  ///< One letter a column: T, I or R.
  Order order = Order::kNoSort;
  std::string text;  ///< SQL or JSON.
  std::vector<std::string>
      expected;  ///< One row a line, values separated by tabs (nosort, rowsort) or one value a line (valuesort).
};

/// Throws std::runtime_error naming file and line for what it does not understand. `setting` decides skipif and onlyif.
std::vector<SltRecord> ReadSltFile(const std::string& path, const std::string& setting);

}  // namespace rem
