#include "bindings/python_types.h"

namespace rem::python {

namespace {

// Never deleted: destroying Python objects after the interpreter has gone crashes.
const PythonTypes* loaded_types = nullptr;

}  // namespace

namespace py = pybind11;

void LoadTypes() {
  if (loaded_types != nullptr) return;
  const py::module_ datetime = py::module_::import("datetime");
  auto* types = new PythonTypes;
  types->enum_class = py::module_::import("enum").attr("Enum");
  types->datetime = datetime.attr("datetime");
  types->date = datetime.attr("date");
  types->time = datetime.attr("time");
  types->timedelta = datetime.attr("timedelta");
  types->utc = datetime.attr("timezone").attr("utc");
  types->epoch = types->datetime(1970, 1, 1, 0, 0, 0, 0, types->utc);
  types->uuid = py::module_::import("uuid").attr("UUID");
  types->decimal = py::module_::import("decimal").attr("Decimal");
  types->mapping = py::module_::import("collections.abc").attr("Mapping");
  loaded_types = types;
}

const PythonTypes& Types() { return *loaded_types; }

bool IsInstance(py::handle object, const py::object& type) {
  const int answer = PyObject_IsInstance(object.ptr(), type.ptr());
  if (answer < 0) throw py::error_already_set();
  return answer == 1;
}

}  // namespace rem::python
