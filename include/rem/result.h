#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <rem/value.h>

namespace rem {

/// Name and type of one result column.
struct ResultColumn {
  std::string name;
  LogicalType type = LogicalType::kNull;
};

/// Rows of a query, streamed: rows are computed as Next() asks for them. Reads one snapshot, taken when the query
/// started. Not thread-safe; may be moved to another thread. Keeps the database open while it lives.
class Result {
 public:
  class Source;
  explicit Result(std::unique_ptr<Source> source);
  Result(Result&&) noexcept;
  Result& operator=(Result&&) noexcept;
  ~Result();

  const std::vector<ResultColumn>& columns() const;
  /// Rows changed by INSERT, UPDATE or DELETE; -1 for a query.
  int64_t affected_rows() const;

  /// Steps to the next row; false after the last. Errors of execution surface here.
  bool Next();

  // Cells of the current row, by 0-based column. Views live until the next call of Next().
  bool IsNull(size_t column) const;
  int64_t GetInt(size_t column) const;
  double GetDouble(size_t column) const;
  bool GetBool(size_t column) const;
  std::string_view GetText(size_t column) const;
  DocumentView GetJson(size_t column) const;
  Value Get(size_t column) const;

  /// Reads all remaining rows. Error(kLimitExceeded) past `max_rows`.
  std::vector<std::vector<Value>> FetchAll(size_t max_rows = 10'000'000);

 private:
  std::unique_ptr<Source> source_;
};

}  // namespace rem
