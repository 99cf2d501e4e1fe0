#include "bindings/error_translator.h"

#include <exception>

#include "bindings/from_document.h"

namespace py = pybind11;

namespace rem::python {

namespace {

/// Messages may quote input that is no UTF-8; an error about bad text must not fail for that text.
py::object Lenient(std::string_view text) {
  return py::reinterpret_steal<py::object>(
      PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "replace"));
}

}  // namespace

void SetPythonError(const Error& error) {
  const ErrorDescription& description = DescribeError(error.code());
  try {
    const py::object type = py::module_::import("rem_db.errors").attr(FromText(description.python_class));
    const py::object exception =
        type(Lenient(error.message()), Lenient(error.detail()), Lenient(error.hint()), error.position());
    if (error.sqlstate() != description.sqlstate) exception.attr("sqlstate") = FromText(error.sqlstate());
    PyErr_SetObject(type.ptr(), exception.ptr());
  } catch (py::error_already_set& failure) {
    failure.restore();
  }
}

void RegisterErrorTranslator() {
  py::register_exception_translator([](std::exception_ptr pending) {
    try {
      if (pending) std::rethrow_exception(pending);
    } catch (const Error& error) {
      // Ctrl-C has ended the statement: what Python says to that comes first.
      if (error.code() == ErrorCode::kCancelled && PyErr_CheckSignals() != 0) return;
      SetPythonError(error);
    }
  });
}

py::list ErrorTable() {
  py::list rows;
  for (int code = 0; code <= static_cast<int>(ErrorCode::kInternal); ++code) {
    const ErrorDescription& description = DescribeError(static_cast<ErrorCode>(code));
    rows.append(
        py::make_tuple(FromText(description.name), FromText(description.sqlstate), FromText(description.python_class)));
  }
  return rows;
}

}  // namespace rem::python
