#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <rem/result.h>

#include "sql/parser/ast_modify.h"

namespace rem::sql {

/// The cursors of one session. A cursor's query runs when it is declared, and its rows are kept until it is closed:
/// they do not change with what the transaction changes later, as in PostgreSQL, and can be read in both directions.
class Cursors {
 public:
  /// Keeps the rows of `rows`. Errors: kAlreadyExists (42P03), kLimitExceeded past kMaxBytes.
  void Declare(const ast::DeclareCursor& declare, Result rows, bool in_transaction);
  /// FETCH, or MOVE, which gives only the count. Errors: kNotFound (34000), 55000 for going back with NO SCROLL.
  Result Fetch(const ast::FetchCursor& fetch);
  /// An empty name closes all.
  void Close(const std::string& name);
  bool Has(const std::string& name) const { return cursors_.contains(name); }

  void Savepoint(const std::string& name) { savepoints_.emplace_back(name, next_number_); }
  void Release(const std::string& name);
  void RollbackTo(const std::string& name);
  /// Cursors WITH HOLD stay.
  void Commit();
  /// Those that the transaction declared go.
  void Rollback();

  static constexpr size_t kMaxBytes = 256u << 20;

 private:
  struct Cursor {
    std::vector<ResultColumn> columns;
    std::vector<std::vector<Value>> rows;
    int64_t position = 0;  ///< 0: before the first row; rows.size() + 1: behind the last one.
    bool forward_only = false;
    bool hold = false;
    bool in_transaction = false;  ///< Of the transaction that is open.
    uint64_t number = 0;
  };

  Cursor& Find(const std::string& name);
  auto FindSavepoint(const std::string& name);

  std::map<std::string, Cursor> cursors_;
  std::vector<std::pair<std::string, uint64_t>> savepoints_;  ///< With the number of the next cursor.
  uint64_t next_number_ = 0;
};

}  // namespace rem::sql
