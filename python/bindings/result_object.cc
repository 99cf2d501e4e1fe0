#include "bindings/result_object.h"

#include <utility>

#include <rem/error.h>

#include "bindings/cancel_on_interrupt.h"

namespace py = pybind11;

namespace rem::python {

ResultObject::ResultObject(Result result, Session session)
    : columns_(result.columns()),
      affected_rows_(result.affected_rows()),
      session_(std::move(session)),
      result_(std::move(result)) {}

py::list ResultObject::Columns() const {
  py::list columns;
  for (const ResultColumn& column : columns_) {
    columns.append(py::make_tuple(FromText(column.name), FromText(LogicalTypeName(column.type))));
  }
  return columns;
}

std::vector<std::vector<Value>> ResultObject::NextRows(size_t count) {
  const py::gil_scoped_release release;
  const std::lock_guard lock(mutex_);
  if (!result_) throw Error(ErrorCode::kClosed, "Result is closed", "fetch the rows before closing it or its database");
  const CancelOnInterrupt cancel(*session_);
  std::vector<std::vector<Value>> rows;
  while (rows.size() < count && !at_end_) {
    if (!result_->Next()) {
      at_end_ = true;
      break;
    }
    std::vector<Value>& row = rows.emplace_back();
    row.reserve(columns_.size());
    for (size_t column = 0; column < columns_.size(); ++column) row.push_back(result_->Get(column));
  }
  return rows;
}

py::list ResultObject::Fetch(size_t count, CellStyle style) {
  const auto rows = NextRows(count);
  py::list list(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    py::tuple tuple(rows[i].size());
    for (size_t column = 0; column < rows[i].size(); ++column) {
      PyTuple_SET_ITEM(tuple.ptr(), static_cast<Py_ssize_t>(column), FromValue(rows[i][column], style).release().ptr());
    }
    PyList_SET_ITEM(list.ptr(), static_cast<Py_ssize_t>(i), tuple.release().ptr());
  }
  return list;
}

namespace {

/// `SELECT *` ends with a column named "*": an object of the members that the table's schema does not name.
bool IsUndeclaredMembers(const ResultColumn& column) { return column.name == "*" && column.type == LogicalType::kJson; }

void AddUndeclaredMembers(const Value& members, py::dict& dict) {
  if (members.IsNull()) return;
  const py::dict added = FromValue(members, CellStyle::kPlain);
  // Without overriding: what the statement names goes first.
  if (PyDict_Merge(dict.ptr(), added.ptr(), 0) != 0) throw py::error_already_set();
}

}  // namespace

py::list ResultObject::FetchDicts(size_t count) {
  const auto rows = NextRows(count);
  std::vector<py::str> names;
  for (const ResultColumn& column : columns_) names.push_back(FromText(column.name));
  py::list list(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    py::dict dict;
    for (size_t column = 0; column < rows[i].size(); ++column) {
      if (IsUndeclaredMembers(columns_[column])) {
        AddUndeclaredMembers(rows[i][column], dict);
        continue;
      }
      const py::object value = FromValue(rows[i][column], CellStyle::kPlain);
      if (PyDict_SetItem(dict.ptr(), names[column].ptr(), value.ptr()) != 0) throw py::error_already_set();
    }
    PyList_SET_ITEM(list.ptr(), static_cast<Py_ssize_t>(i), dict.release().ptr());
  }
  return list;
}

void ResultObject::Close() {
  const py::gil_scoped_release release;
  const std::lock_guard lock(mutex_);
  result_.reset();
  session_.reset();
}

void BindResult(py::module_& module) {
  py::class_<ResultObject>(module, "Result", "Rows of one statement; see rem_db.result.Result.")
      .def_property_readonly("columns", &ResultObject::Columns)
      .def_property_readonly("affected_rows", &ResultObject::AffectedRows)
      .def(
          "fetch", [](ResultObject& self, size_t count) { return self.Fetch(count, CellStyle::kTyped); },
          py::arg("count"))
      .def(
          "fetch_plain", [](ResultObject& self, size_t count) { return self.Fetch(count, CellStyle::kPlain); },
          py::arg("count"))
      .def("fetch_dicts", &ResultObject::FetchDicts, py::arg("count"))
      .def("close", &ResultObject::Close);
}

}  // namespace rem::python
