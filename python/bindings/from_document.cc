#include "bindings/from_document.h"

#include "bindings/python_types.h"

namespace py = pybind11;

namespace rem::python {

namespace {

py::object Steal(PyObject* object) {
  if (object == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(object);
}

py::object FromArray(const DocumentView& view) {
  const size_t size = view.size();
  py::list list(size);
  for (size_t i = 0; i < size; ++i) {
    PyList_SET_ITEM(list.ptr(), static_cast<Py_ssize_t>(i), FromDocument(view.At(i)).release().ptr());
  }
  return list;
}

void AddMembers(const DocumentView& view, py::dict& dict) {
  const size_t size = view.size();
  for (size_t i = 0; i < size; ++i) {
    const py::str key = FromText(view.KeyAt(i));
    const py::object value = FromDocument(view.ValueAt(i));
    if (PyDict_SetItem(dict.ptr(), key.ptr(), value.ptr()) != 0) throw py::error_already_set();
  }
}

}  // namespace

py::str FromText(std::string_view text) {
  return py::reinterpret_steal<py::str>(
      Steal(PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), nullptr)).release());
}

py::object FromDocument(const DocumentView& view) {
  switch (view.kind()) {
    case NodeKind::kNull:
      return py::none();
    case NodeKind::kBool:
      return py::bool_(view.AsBool());
    case NodeKind::kInt:
      return Steal(PyLong_FromLongLong(view.AsInt()));
    case NodeKind::kDouble:
      return Steal(PyFloat_FromDouble(view.AsDouble()));
    case NodeKind::kText:
      return FromText(view.AsText());
    case NodeKind::kArray:
      return FromArray(view);
    case NodeKind::kObject: {
      py::dict dict;
      AddMembers(view, dict);
      return dict;
    }
  }
  throw Error(ErrorCode::kInternal, "Document node of an unknown kind");
}

py::object FromTimestamp(Timestamp timestamp) {
  // timedelta takes 64-bit microseconds and normalises them; the sum is exact, unlike datetime.fromtimestamp.
  return Types().epoch.attr("__add__")(Types().timedelta(0, 0, timestamp.micros));
}

py::object FromUuid(const Uuid& uuid) {
  const std::string_view bytes = uuid.AsBytes();
  return Types().uuid(py::arg("bytes") = py::bytes(bytes.data(), bytes.size()));
}

py::list FromVector(const VectorValue& vector) {
  py::list list(vector.size());
  for (size_t i = 0; i < vector.size(); ++i) {
    PyList_SET_ITEM(list.ptr(), static_cast<Py_ssize_t>(i), Steal(PyFloat_FromDouble(vector[i])).release().ptr());
  }
  return list;
}

py::object FromValue(const Value& value, CellStyle style) {
  switch (value.type()) {
    case LogicalType::kNull:
      return py::none();
    case LogicalType::kBool:
      return py::bool_(value.AsBool());
    case LogicalType::kInt:
      return Steal(PyLong_FromLongLong(value.AsInt()));
    case LogicalType::kDouble:
      return Steal(PyFloat_FromDouble(value.AsDouble()));
    case LogicalType::kText:
      return FromText(value.AsText());
    case LogicalType::kTimestamp:
      if (style == CellStyle::kPlain) return FromText(value.AsTimestamp().ToString());
      return FromTimestamp(value.AsTimestamp());
    case LogicalType::kUuid:
      if (style == CellStyle::kPlain) return FromText(value.AsUuid().ToString());
      return FromUuid(value.AsUuid());
    case LogicalType::kJson:
      return FromDocument(value.AsJson());
    case LogicalType::kVector:
      return FromVector(value.AsVector());
  }
  throw Error(ErrorCode::kInternal, "Value of an unknown type");
}

py::dict FlatRecord(const Record& record) {
  py::dict dict;
  dict["id"] = FromText(record.id.ToString());
  AddMembers(record.properties.view(), dict);
  dict["created_at"] = FromText(record.created_at.ToString());
  dict["modified_at"] = FromText(record.modified_at.ToString());
  dict["deleted_at"] = py::none();
  if (record.deleted_at) dict["deleted_at"] = FromText(record.deleted_at->ToString());
  return dict;
}

}  // namespace rem::python
