#pragma once

#include <pybind11/pybind11.h>

namespace rem::python {

/// Classes of Python's standard library that conversions compare with and construct, looked up once.
struct PythonTypes {
  pybind11::object enum_class;
  pybind11::object datetime;
  pybind11::object date;
  pybind11::object time;
  pybind11::object timedelta;
  pybind11::object utc;
  pybind11::object epoch;  ///< 1970-01-01T00:00:00Z as an aware datetime.
  pybind11::object uuid;
  pybind11::object decimal;
  pybind11::object mapping;
};

/// Fills Types(). Called once, while the module is imported: an import inside a function-local static could let go of
/// the GIL and deadlock with a second thread that waits for the static.
void LoadTypes();
const PythonTypes& Types();

/// True when `object` is an instance of `type`; a failing check is the Python exception.
bool IsInstance(pybind11::handle object, const pybind11::object& type);

}  // namespace rem::python
