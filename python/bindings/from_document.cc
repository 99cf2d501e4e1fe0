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

namespace {

// date, time and timedelta of Python's datetime; a numeric as decimal.Decimal.
py::object FromDate(int64_t days) {
  static constexpr int64_t kFirst = -719'162, kLast = 2'932'896;  // Years 1 to 9999.
  if (days < kFirst || days > kLast) return FromText(Value::OfInt(LogicalType::kDate, days).ToText());
  return py::module_::import("datetime").attr("date").attr("fromordinal")(days + 719'163);
}
py::object FromTime(int64_t micros) {
  if (micros >= 86'400'000'000) return FromText("24:00:00");
  const int64_t seconds = micros / 1'000'000;
  return py::module_::import("datetime")
      .attr("time")(seconds / 3600, seconds / 60 % 60, seconds % 60, micros % 1'000'000);
}
py::object FromLocalTimestamp(const Value& value) {
  const int64_t micros = value.AsTimestamp().micros;
  if (micros < -62'135'596'800'000'000 || micros >= 253'402'300'800'000'000) return FromText(value.ToText());
  const py::module_ datetime = py::module_::import("datetime");
  return datetime.attr("datetime")(1970, 1, 1) + datetime.attr("timedelta")(0, 0, micros);
}
// A month counts 30 days, as it does where PostgreSQL compares intervals.
py::object FromInterval(const Interval& interval) {
  return py::module_::import("datetime")
      .attr("timedelta")(interval.days + int64_t{interval.months} * 30, 0, interval.micros);
}

py::object FromArray(const std::vector<Value>& items, CellStyle style) {
  py::list list;
  for (const Value& item : items) list.append(FromValue(item, style));
  return list;
}

}  // namespace

py::object FromValue(const Value& value, CellStyle style) {
  const bool plain = style == CellStyle::kPlain;
  if (IsArray(value.type())) return FromArray(value.AsArray(), style);
  switch (value.type()) {
    case LogicalType::kNull:
      return py::none();
    case LogicalType::kBool:
      return py::bool_(value.AsBool());
    case LogicalType::kSmallInt:
    case LogicalType::kInteger:
    case LogicalType::kInt:
      return Steal(PyLong_FromLongLong(value.AsInt()));
    case LogicalType::kReal:
    case LogicalType::kDouble:
      return Steal(PyFloat_FromDouble(value.AsDouble()));
    case LogicalType::kNumeric:
      if (!plain) return py::module_::import("decimal").attr("Decimal")(value.AsNumeric());
      if (value.AsNumeric().find('.') == std::string::npos &&
          value.AsNumeric().find_first_of("NI") == std::string::npos)
        return py::module_::import("builtins").attr("int")(value.AsNumeric());
      return py::module_::import("builtins").attr("float")(value.AsNumeric());
    case LogicalType::kText:
      return FromText(value.AsText());
    case LogicalType::kBytea:
      return py::bytes(value.AsBytes());
    case LogicalType::kTimestamp:
      if (plain) return FromText(value.AsTimestamp().ToString());
      return FromTimestamp(value.AsTimestamp());
    case LogicalType::kDate:
      return plain ? FromText(value.ToText()) : FromDate(value.AsDate());
    case LogicalType::kTime:
      return plain ? FromText(value.ToText()) : FromTime(value.AsTime());
    case LogicalType::kLocalTimestamp:
      return plain ? FromText(value.ToText()) : FromLocalTimestamp(value);
    case LogicalType::kInterval:
      return plain ? FromText(value.ToText()) : FromInterval(value.AsInterval());
    case LogicalType::kUuid:
      if (plain) return FromText(value.AsUuid().ToString());
      return FromUuid(value.AsUuid());
    case LogicalType::kJson:
      return FromDocument(value.AsJson());
    case LogicalType::kVector:
      return FromVector(value.AsVector());
    default:
      break;
  }
  throw Error(ErrorCode::kInternal, "Value of an unknown type");
}

py::dict FlatRecord(const Record& record) {
  py::dict dict;
  // A column of the user's own goes before the system column of its name.
  const auto set = [&](const char* name, py::object value) {
    const bool own = record.properties.view().Find(name).has_value();
    dict[py::str((own ? "_" : "") + std::string(name))] = std::move(value);
  };
  set("id", FromText(record.id.ToString()));
  AddMembers(record.properties.view(), dict);
  set("created_at", FromText(record.created_at.ToString()));
  set("modified_at", FromText(record.modified_at.ToString()));
  set("deleted_at", record.deleted_at ? FromText(record.deleted_at->ToString()) : py::object(py::none()));
  return dict;
}

}  // namespace rem::python
