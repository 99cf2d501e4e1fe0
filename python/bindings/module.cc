#include <pybind11/pybind11.h>

#include "bindings/error_translator.h"
#include "bindings/python_types.h"
#include "bindings/result_object.h"
#include "bindings/session_object.h"

PYBIND11_MODULE(_rem, module) {
  module.doc() = "The engine of REM DB. Use the package rem_db; this module is its inside.";
  module.attr("__version__") = REM_VERSION;
  rem::python::LoadTypes();
  rem::python::RegisterErrorTranslator();
  module.def("error_table", &rem::python::ErrorTable, "[(code, SQLSTATE, class in rem_db.errors)] of every error.");
  rem::python::BindResult(module);
  rem::python::BindRecord(module);
  rem::python::BindSession(module);
}
