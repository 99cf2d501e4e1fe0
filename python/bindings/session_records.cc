#include <exception>
#include <optional>

#include <pybind11/stl.h>

#include "bindings/from_document.h"
#include "bindings/session_object.h"
#include "bindings/to_document.h"

namespace py = pybind11;

namespace rem::python {

namespace {

py::object Insert(SessionObject& self, const std::string& table, const py::object& record, bool fail_if_exists) {
  const Document document = ToRecord(record);
  InsertOptions options;
  options.fail_if_exists = fail_if_exists;
  return FromUuid(self.Run([&](Session& session) { return session.Insert(table, document, options); }));
}

py::list InsertBatch(SessionObject& self, const std::string& table, const py::object& records, bool fail_if_exists) {
  const std::vector<Document> documents = ToRecords(records);
  InsertOptions options;
  options.fail_if_exists = fail_if_exists;
  const auto ids = self.Run([&](Session& session) { return session.InsertBatch(table, documents, options); });
  py::list list;
  for (const Uuid& id : ids) list.append(FromUuid(id));
  return list;
}

Record Update(SessionObject& self, const py::object& id, const py::object& patch,
              std::optional<uint64_t> expected_version) {
  const Uuid uuid = ToUuid(id);
  const Document document = ToRecord(patch);
  UpdateOptions options;
  options.expected_version = expected_version;
  return self.Run([&](Session& session) { return session.Update(uuid, document, options); });
}

template <bool (Session::*Change)(const Uuid&)>
bool ChangeById(SessionObject& self, const py::object& id) {
  const Uuid uuid = ToUuid(id);
  return self.Run([&](Session& session) { return (session.*Change)(uuid); });
}

std::optional<Record> Get(SessionObject& self, const py::object& id) {
  const Uuid uuid = ToUuid(id);
  return self.Run([&](Session& session) { return session.Get(uuid); });
}

std::vector<std::optional<Record>> MultiGet(SessionObject& self, const py::object& ids) {
  std::vector<Uuid> uuids;
  for (const py::handle id : ids) uuids.push_back(ToUuid(id));
  return self.Run([&](Session& session) { return session.MultiGet(uuids); });
}

/// Reads a table from one snapshot and hands its records to `visit` in lists, so that a whole table never has to fit
/// memory.
void Scan(SessionObject& self, const std::string& table, const py::function& visit, size_t chunk) {
  std::vector<Record> records;
  std::exception_ptr failure;
  const auto flush = [&]() {
    const py::gil_scoped_acquire acquire;
    try {
      const py::object answer = visit(py::cast(std::move(records)));
      records.clear();
      return !answer.is(py::bool_(false));
    } catch (...) {
      // The engine must not see Python's exception: it is kept and thrown again after the scan has ended in good order.
      failure = std::current_exception();
      return false;
    }
  };
  self.Run([&](Session& session) {
    bool wanted = true;
    session.Scan(table, [&](const Record& record) {
      records.push_back(record);
      if (records.size() >= chunk) wanted = flush();
      return wanted;
    });
    if (wanted && !records.empty()) flush();
  });
  if (failure) std::rethrow_exception(failure);
}

py::dict FromChange(const Change& change) {
  py::dict dict;
  dict["sequence"] = change.sequence;
  dict["operation"] = FromText(change.operation);
  dict["table"] = FromText(change.table);
  dict["id"] = FromText(change.id.ToString());
  dict["timestamp"] = FromText(change.timestamp.ToString());
  dict["hybrid_time"] = change.hybrid_time;
  dict["origin"] = FromText(change.origin.ToString());
  dict["image"] = change.image ? FromDocument(*change.image) : py::none();
  return dict;
}

py::list Changes(SessionObject& self, uint64_t start, uint64_t end, size_t limit) {
  const auto changes = self.Run([&](Session& session) { return session.Changes(start, end, limit); });
  py::list list;
  for (const Change& change : changes) list.append(FromChange(change));
  return list;
}

}  // namespace

void BindRecord(py::module_& module) {
  py::class_<Record>(module, "Record", "A stored record: system columns and properties.")
      .def_property_readonly("id", [](const Record& self) { return FromUuid(self.id); })
      .def_readonly("table", &Record::table)
      .def_property_readonly("created_at", [](const Record& self) { return FromTimestamp(self.created_at); })
      .def_property_readonly("modified_at", [](const Record& self) { return FromTimestamp(self.modified_at); })
      .def_property_readonly("deleted_at",
                             [](const Record& self) -> py::object {
                               if (!self.deleted_at) return py::none();
                               return FromTimestamp(*self.deleted_at);
                             })
      .def_readonly("version", &Record::version)
      .def_property_readonly("properties", [](const Record& self) { return FromDocument(self.properties); })
      .def("flat", &FlatRecord)
      .def("__repr__", [](const Record& self) { return "<Record " + self.id.ToString() + " of " + self.table + ">"; });
}

void BindSessionRecords(py::class_<SessionObject>& type) {
  type.def("insert", &Insert, py::arg("table"), py::arg("record"), py::arg("fail_if_exists") = false)
      .def("insert_batch", &InsertBatch, py::arg("table"), py::arg("records"), py::arg("fail_if_exists") = false)
      .def("update", &Update, py::arg("id"), py::arg("patch"), py::arg("expected_version") = py::none())
      .def("delete", &ChangeById<&Session::Delete>, py::arg("id"))
      .def("restore", &ChangeById<&Session::Restore>, py::arg("id"))
      .def("purge", &ChangeById<&Session::Purge>, py::arg("id"))
      .def("get", &Get, py::arg("id"))
      .def("multi_get", &MultiGet, py::arg("ids"))
      .def(
          "lookup",
          [](SessionObject& self, const std::string& key) {
            return self.Run([&](Session& session) { return session.Lookup(key); });
          },
          py::arg("key"))
      .def(
          "count",
          [](SessionObject& self, const std::string& table) {
            return self.Run([&](Session& session) { return session.Count(table); });
          },
          py::arg("table"))
      .def("scan", &Scan, py::arg("table"), py::arg("visit"), py::arg("chunk") = 1000)
      .def("current_sequence",
           [](SessionObject& self) { return self.Run([](Session& session) { return session.CurrentSequence(); }); })
      .def("changes", &Changes, py::arg("start"), py::arg("end"), py::arg("limit"));
}

}  // namespace rem::python
