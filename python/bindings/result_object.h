#pragma once

#include <mutex>
#include <optional>

#include <pybind11/pybind11.h>

#include <rem/database.h>
#include <rem/result.h>

#include "bindings/from_document.h"

namespace rem::python {

/// A rem::Result for Python: rows are computed without the GIL, a chunk at a time, then converted. Calls from several
/// threads take turns.
class ResultObject {
 public:
  /// `session` is the one that the statement runs in.
  ResultObject(Result result, Session session);

  /// [(name, type)], duplicates kept.
  pybind11::list Columns() const;
  int64_t AffectedRows() const { return affected_rows_; }
  /// At most `count` next rows as tuples; fewer after the last row only.
  pybind11::list Fetch(size_t count, CellStyle style);
  /// As Fetch, each row a dict; of columns with the same name the last one wins, and
  /// the object "*" of a `SELECT *` gives its members.
  pybind11::list FetchDicts(size_t count);
  /// Lets go of the snapshot and the database. Error(kClosed) from later fetches.
  void Close();

 private:
  std::vector<std::vector<Value>> NextRows(size_t count);

  std::vector<ResultColumn> columns_;
  int64_t affected_rows_;
  std::mutex mutex_;
  std::optional<Session> session_;
  std::optional<Result> result_;
  bool at_end_ = false;
};

void BindResult(pybind11::module_& module);

}  // namespace rem::python
