#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace rem::bench {

using SqlRows = std::vector<std::vector<std::string>>;

/// A statement that can run many times.
class SqlStatement {
 public:
  virtual ~SqlStatement() = default;
  /// Reads every column of every row and gives the number of rows. `parameter` is bound to the only parameter, if there
  /// is one; `rows`, unless it is null, receives the values as text.
  virtual size_t Run(const std::string* parameter, SqlRows* rows) = 0;
};

/// An engine that holds the tables of sql_data.h. A connection is used by one thread.
class SqlPeer {
 public:
  virtual ~SqlPeer() = default;
  virtual std::string name() const = 0;
  /// Fills empty tables with `articles` rows and 1,000 authors, indexes name, author and views, and refreshes what the
  /// planner knows.
  virtual void Load(uint64_t articles) = 0;
  /// The parameter is written as $1.
  virtual std::unique_ptr<SqlStatement> Prepare(const std::string& sql) = 0;
  /// Another connection to the same data, for another thread.
  virtual std::unique_ptr<SqlPeer> Connect() = 0;
  /// Drops the connection with all that it has cached in this process, and connects again; where the caches are a
  /// server's, or the connection's data would be gone, it does nothing. No statement may be left.
  virtual void Reopen() {}
  /// How many threads one query may use. False when the engine has no such choice.
  virtual bool SetQueryThreads(int threads) { return threads == 1; }
};

/// Without a column cache every scan reads stored rows.
std::unique_ptr<SqlPeer> OpenRemSql(const std::string& folder, bool column_cache);
std::unique_ptr<SqlPeer> OpenSqliteSql(const std::string& folder);
/// Null, with the reason printed, when REM_BENCH_DUCKDB does not name libduckdb.so.
std::unique_ptr<SqlPeer> OpenDuckdbSql(const std::string& folder);
/// Null, with the reason printed, when REM_BENCH_POSTGRES is not a libpq connection string of a scratch database.
std::unique_ptr<SqlPeer> OpenPostgresSql();

}  // namespace rem::bench
