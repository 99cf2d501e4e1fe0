#include "bindings/to_document.h"

#include <cmath>
#include <cstring>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include <rem/error.h>

#include "bindings/python_types.h"

namespace py = pybind11;

namespace rem::python {

namespace {

std::string TypeName(py::handle object) { return Py_TYPE(object.ptr())->tp_name; }

std::string_view Utf8(py::handle text) {
  Py_ssize_t size = 0;
  const char* data = PyUnicode_AsUTF8AndSize(text.ptr(), &size);
  if (data == nullptr) {
    PyErr_Clear();
    throw Error(ErrorCode::kInvalidJson, "Text holds a lone surrogate, which UTF-8 cannot express",
                "read the source with the right encoding, or with errors=\"replace\"");
  }
  return {data, static_cast<size_t>(size)};
}

/// RFC 3339 in UTC with no more fraction digits than needed, which is how the engine prints times, so that texts
/// compare.
std::string DatetimeText(py::handle object) {
  const PythonTypes& types = Types();
  const bool naive = object.attr("utcoffset")().is_none();
  const py::object utc =
      naive ? object.attr("replace")(py::arg("tzinfo") = types.utc) : object.attr("astimezone")(types.utc);
  std::string text = py::cast<std::string>(utc.attr("replace")(py::arg("tzinfo") = py::none()).attr("isoformat")());
  if (text.find('.') != std::string::npos) text.erase(text.find_last_not_of('0') + 1);
  return text + "Z";
}

/// Walks Python objects into a DocumentBuilder and remembers where it is, for errors.
class Walker {
 public:
  Document Convert(py::handle object) {
    try {
      Walk(object);
      return builder_.Finish();
    } catch (const Error& error) {
      const std::string path = Path();
      builder_.Reset();
      path_.clear();
      if (path.empty()) throw;
      throw Error(error.code(), fmt::format("{}, at {}", error.message(), path), error.hint())
          .WithDetail(error.detail());
    } catch (...) {
      builder_.Reset();
      path_.clear();
      throw;
    }
  }

 private:
  struct Step {
    PyObject* key;  // Borrowed from the container being walked; nullptr for an array.
    size_t index;
  };

  void Walk(py::handle object);
  void WalkOther(py::handle object);
  bool WalkScalarClass(py::handle object);
  bool WalkForeign(py::handle object);
  void WalkDict(py::handle object);
  void WalkMapping(py::handle object);
  void WalkMember(py::handle key, py::handle value);
  void WalkIterable(py::handle object);
  void WalkInt(py::handle object);
  void WalkDecimal(py::handle object);
  std::string Path() const;

  DocumentBuilder builder_;
  std::vector<Step> path_;
};

std::string Walker::Path() const {
  std::string path;
  for (const Step& step : path_) {
    // A container that holds itself gives a path of hundreds of steps; its beginning says enough.
    if (path.size() > 200) return path + "/...";
    path += '/';
    if (step.key == nullptr) {
      path += fmt::format("{}", step.index);
    } else {
      const char* key = PyUnicode_AsUTF8(step.key);
      // The key itself may be what is wrong, with text that UTF-8 cannot express.
      if (key == nullptr) PyErr_Clear();
      path += key == nullptr ? "?" : key;
    }
  }
  return path;
}

void Walker::Walk(py::handle object) {
  PyObject* raw = object.ptr();
  if (raw == Py_None) {
    builder_.Null();
  } else if (PyUnicode_CheckExact(raw)) {
    builder_.Text(Utf8(object));
  } else if (PyBool_Check(raw)) {
    builder_.Bool(raw == Py_True);
  } else if (PyLong_CheckExact(raw)) {
    WalkInt(object);
  } else if (PyFloat_CheckExact(raw)) {
    builder_.Double(PyFloat_AS_DOUBLE(raw));
  } else if (PyDict_CheckExact(raw)) {
    WalkDict(object);
  } else if (PyList_CheckExact(raw) || PyTuple_CheckExact(raw)) {
    WalkIterable(object);
  } else {
    WalkOther(object);
  }
}

void Walker::WalkInt(py::handle object) {
  int overflow = 0;
  const long long value = PyLong_AsLongLongAndOverflow(object.ptr(), &overflow);
  if (overflow != 0) {
    throw Error(ErrorCode::kInvalidJson, "Integer does not fit 64 bits",
                "keep it between -9223372036854775808 and 9223372036854775807, or store it as text");
  }
  if (value == -1 && PyErr_Occurred() != nullptr) throw py::error_already_set();
  builder_.Int(value);
}

void Walker::WalkDecimal(py::handle object) {
  if (!py::cast<bool>(object.attr("is_finite")())) {
    throw Error(ErrorCode::kInvalidJson, "Decimal is not finite", "store None instead of NaN and infinity");
  }
  const auto exponent = py::cast<int64_t>(object.attr("as_tuple")().attr("exponent"));
  // A large exponent would make an integer of that many digits; as a double it is merely rounded, or refused as
  // infinite.
  if (exponent >= 0 && exponent <= 18) {
    WalkInt(py::int_(py::reinterpret_borrow<py::object>(object)));
  } else {
    builder_.Double(py::cast<double>(py::float_(py::reinterpret_borrow<py::object>(object))));
  }
}

void Walker::WalkMember(py::handle key, py::handle value) {
  if (!PyUnicode_Check(key.ptr())) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("Key of a dict is no text but {}", TypeName(key)),
                "JSON objects have text keys: use str(key)");
  }
  path_.push_back({key.ptr(), 0});
  builder_.Key(Utf8(key));
  Walk(value);
  path_.pop_back();
}

void Walker::WalkDict(py::handle object) {
  builder_.BeginObject();
  PyObject* key = nullptr;
  PyObject* value = nullptr;
  Py_ssize_t position = 0;
  const Py_ssize_t size = PyDict_Size(object.ptr());
  while (PyDict_Next(object.ptr(), &position, &key, &value) != 0) {
    // Converting a value may run Python code, which may change the dict: the references keep both alive.
    const auto kept_key = py::reinterpret_borrow<py::object>(key);
    const auto kept_value = py::reinterpret_borrow<py::object>(value);
    WalkMember(kept_key, kept_value);
    if (PyDict_Size(object.ptr()) != size) {
      throw Error(ErrorCode::kInvalidArgument, "Dict changed while it was read",
                  "copy it before another thread changes it");
    }
  }
  builder_.EndObject();
}

void Walker::WalkMapping(py::handle object) {
  builder_.BeginObject();
  for (const py::handle item : object.attr("items")()) {
    const auto pair = py::reinterpret_borrow<py::sequence>(item);
    const py::object key = pair[0];
    const py::object value = pair[1];
    WalkMember(key, value);
  }
  builder_.EndObject();
}

void Walker::WalkIterable(py::handle object) {
  builder_.BeginArray();
  size_t index = 0;
  for (const py::handle item : object) {
    path_.push_back({nullptr, index++});
    Walk(item);
    path_.pop_back();
  }
  builder_.EndArray();
}

bool Walker::WalkScalarClass(py::handle object) {
  const PythonTypes& types = Types();
  if (IsInstance(object, types.datetime)) {
    builder_.Text(DatetimeText(object));
  } else if (IsInstance(object, types.date) || IsInstance(object, types.time)) {
    builder_.Text(py::cast<std::string>(object.attr("isoformat")()));
  } else if (IsInstance(object, types.uuid)) {
    builder_.Text(py::cast<std::string>(py::str(object)));
  } else if (IsInstance(object, types.decimal)) {
    WalkDecimal(object);
  } else {
    return false;
  }
  return true;
}

/// NumPy's and Pydantic's objects, known by what they can do: neither library need be installed.
bool Walker::WalkForeign(py::handle object) {
  const std::string module =
      py::cast<std::string>(py::str(py::getattr(py::type::of(object), "__module__", py::str(""))));
  if (module == "numpy" && py::hasattr(object, "tolist")) {
    Walk(py::object(object.attr("tolist")()));
  } else if (py::hasattr(object, "model_dump")) {
    Walk(py::object(object.attr("model_dump")()));
  } else if (py::hasattr(object, "__fields__") && py::hasattr(object, "dict")) {
    Walk(py::object(object.attr("dict")()));
  } else if (module.starts_with("pydantic")) {
    Walk(py::str(object));
  } else {
    return false;
  }
  return true;
}

void Walker::WalkOther(py::handle object) {
  PyObject* raw = object.ptr();
  // An Enum goes first: a `class Color(str, Enum)` is a text, too.
  if (IsInstance(object, Types().enum_class)) {
    Walk(py::object(object.attr("value")));
  } else if (PyUnicode_Check(raw)) {
    builder_.Text(Utf8(object));
  } else if (PyLong_Check(raw)) {
    WalkInt(object);
  } else if (PyFloat_Check(raw)) {
    builder_.Double(PyFloat_AsDouble(raw));
  } else if (PyBytes_Check(raw) || PyByteArray_Check(raw)) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("Value is binary ({}), which JSON cannot hold", TypeName(object)),
                "decode it to text, or encode it with base64.b64encode(value).decode()");
  } else if (WalkScalarClass(object)) {
    return;
  } else if (PyList_Check(raw) || PyTuple_Check(raw) || PyAnySet_Check(raw)) {
    WalkIterable(object);
  } else if (IsInstance(object, Types().mapping)) {
    WalkMapping(object);
  } else if (!WalkForeign(object)) {
    throw Error(
        ErrorCode::kInvalidArgument, fmt::format("Value of type {} cannot be stored", TypeName(object)),
        "use None, bool, int, float, str, datetime, date, UUID, Enum, Decimal, list, dict, or a Pydantic model");
  }
}

float ToFloat(py::handle object) {
  const bool is_bool = PyBool_Check(object.ptr());
  const double number = is_bool ? 0 : PyFloat_AsDouble(object.ptr());
  if (is_bool || PyErr_Occurred() != nullptr) {
    PyErr_Clear();
    throw Error(ErrorCode::kInvalidArgument, fmt::format("Vector holds no number but {}", TypeName(object)),
                "pass a flat list of floats or a one-dimensional NumPy array");
  }
  return static_cast<float>(number);
}

template <typename Number>
void AppendStrided(const py::buffer_info& buffer, VectorValue& vector) {
  const auto* byte = static_cast<const char*>(buffer.ptr);
  for (py::ssize_t i = 0; i < buffer.shape[0]; ++i, byte += buffer.strides[0]) {
    Number number;
    std::memcpy(&number, byte, sizeof number);
    vector.push_back(static_cast<float>(number));
  }
}

/// Reads an array of floats or doubles without making Python objects of them; false for anything else.
bool AppendBuffer(py::handle object, VectorValue& vector) {
  if (PyObject_CheckBuffer(object.ptr()) == 0) return false;
  const py::buffer_info buffer = py::reinterpret_borrow<py::buffer>(object).request();
  if (buffer.ndim != 1 || PyBytes_Check(object.ptr()) || PyByteArray_Check(object.ptr())) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("Vector is no list of numbers but {}", TypeName(object)),
                "pass a flat list of floats or a one-dimensional NumPy array");
  }
  vector.reserve(static_cast<size_t>(buffer.shape[0]));
  if (buffer.format == py::format_descriptor<float>::format()) {
    AppendStrided<float>(buffer, vector);
  } else if (buffer.format == py::format_descriptor<double>::format()) {
    AppendStrided<double>(buffer, vector);
  } else {
    return false;
  }
  return true;
}

/// An array of numbers in one dimension, which as a parameter is a vector and no jsonb array.
bool IsArray(py::handle object) {
  return PyObject_CheckBuffer(object.ptr()) != 0 && !PyBytes_Check(object.ptr()) && !PyByteArray_Check(object.ptr()) &&
         py::hasattr(object, "ndim") && py::cast<int>(object.attr("ndim")) == 1;
}

Document RecordOf(Walker& walker, py::handle object) {
  Document document = walker.Convert(object);
  if (document.view().kind() != NodeKind::kObject) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("Record is no dict but {}", TypeName(object)),
                "pass a dict with text keys, or a model");
  }
  return document;
}

Value ToValue(py::handle object) {
  const PythonTypes& types = Types();
  if (IsInstance(object, types.datetime) || IsInstance(object, types.date)) {
    // As text: the engine takes a text parameter wherever it needs a time, and a `date` column is text.
    return Value(ToDocument(object).view().AsText());
  }
  if (IsInstance(object, types.uuid)) return Value(ToUuid(object));
  if (IsArray(object)) return Value(ToVector(object));
  Document document = ToDocument(object);
  const DocumentView view = document.view();
  switch (view.kind()) {
    case NodeKind::kNull:
      return Value();
    case NodeKind::kBool:
      return Value(view.AsBool());
    case NodeKind::kInt:
      return Value(view.AsInt());
    case NodeKind::kDouble:
      return Value(view.AsDouble());
    case NodeKind::kText:
      return Value(view.AsText());
    case NodeKind::kArray:
    case NodeKind::kObject:
      break;
  }
  return Value(std::move(document));
}

}  // namespace

Document ToDocument(py::handle object) { return Walker().Convert(object); }

Document ToRecord(py::handle object) {
  Walker walker;
  return RecordOf(walker, object);
}

std::vector<Document> ToRecords(py::handle objects) {
  if (PyDict_Check(objects.ptr()) || PyUnicode_Check(objects.ptr())) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("Records are no list but {}", TypeName(objects)),
                "pass a list of dicts; for one record use insert()");
  }
  Walker walker;
  std::vector<Document> records;
  for (const py::handle object : objects) records.push_back(RecordOf(walker, object));
  return records;
}

Uuid ToUuid(py::handle object) {
  if (IsInstance(object, Types().uuid)) {
    return Uuid::FromBytes(py::cast<std::string>(py::bytes(object.attr("bytes"))));
  }
  if (PyUnicode_Check(object.ptr())) {
    if (const auto uuid = Uuid::Parse(Utf8(object))) return *uuid;
  }
  throw Error(ErrorCode::kInvalidText,
              fmt::format("Not a UUID: {}", py::cast<std::string>(py::repr(object)).substr(0, 80)),
              "ids are UUIDs, such as insert() returns; find a record by its key or name with lookup()");
}

VectorValue ToVector(py::handle object) {
  VectorValue vector;
  if (!AppendBuffer(object, vector)) {
    for (const py::handle item : object) vector.push_back(ToFloat(item));
  }
  for (const float number : vector) {
    if (!std::isfinite(number)) {
      throw Error(ErrorCode::kInvalidArgument, "Vector holds a value that is not a finite 32-bit number",
                  "replace NaN and infinity before storing or searching");
    }
  }
  return vector;
}

std::vector<Value> ToValues(py::handle parameters) {
  if (PyDict_Check(parameters.ptr()) || PyUnicode_Check(parameters.ptr())) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("Parameters are no list but {}", TypeName(parameters)),
                "pass a list or tuple; the first one is $1");
  }
  std::vector<Value> values;
  for (const py::handle parameter : parameters) values.push_back(ToValue(parameter));
  return values;
}

}  // namespace rem::python
