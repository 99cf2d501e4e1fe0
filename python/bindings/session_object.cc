#include "bindings/session_object.h"

#include <optional>

#include <fmt/format.h>
#include <pybind11/stl.h>

#include <rem/embedding.h>

#include "bindings/from_document.h"
#include "bindings/to_document.h"

namespace py = pybind11;

namespace rem::python {

namespace {

constexpr uint64_t kMegabyte = 1u << 20;

Durability ParseDurability(const std::string& text) {
  if (text == "full") return Durability::kFull;
  if (text == "normal") return Durability::kNormal;
  throw Error(ErrorCode::kInvalidArgument, fmt::format("Unknown durability: \"{}\"", text),
              "use \"full\" or \"normal\"");
}

std::unique_ptr<SessionObject> OpenSession(const std::string& path, const std::string& tenant, bool in_memory,
                                           bool create_if_missing, bool read_only, const std::string& durability,
                                           uint64_t block_cache_mb, uint64_t column_cache_mb) {
  OpenOptions options;
  options.path = path;
  options.in_memory = in_memory;
  options.create_if_missing = create_if_missing;
  options.read_only = read_only;
  options.durability = ParseDurability(durability);
  if (block_cache_mb > (1u << 20)) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("Block cache is too large: {} MB", block_cache_mb),
                "the unit is megabytes; 256 is the default");
  }
  if (column_cache_mb > (1u << 20)) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("Column cache is too large: {} MB", column_cache_mb),
                "the unit is megabytes; 128 is the default");
  }
  options.block_cache_bytes = block_cache_mb * kMegabyte;
  options.column_cache_bytes = column_cache_mb * kMegabyte;
  const py::gil_scoped_release release;
  return std::make_unique<SessionObject>(options, tenant);
}

py::dict FromTable(const TableInfo& table) {
  py::dict dict;
  dict["name"] = FromText(table.name);
  dict["fully_qualified_name"] = FromText(table.fully_qualified_name);
  dict["version"] = FromText(table.version);
  dict["category"] = FromText(table.category);
  dict["description"] = FromText(table.description);
  dict["indexed_fields"] = table.indexed_fields;
  dict["embedding_fields"] = table.embedding_fields;
  dict["embedding_provider"] = FromText(table.embedding_provider);
  dict["key_field"] = FromText(table.key_field);
  dict["json_schema"] = FromDocument(table.json_schema);
  dict["row_count"] = table.row_count;
  dict["indexes_ready"] = table.indexes_ready;
  return dict;
}

py::dict RegisterSchema(SessionObject& self, const std::string& name, const py::object& json_schema, bool force) {
  const Document document = ToDocument(json_schema);
  RegisterOptions options;
  options.force = force;
  return FromTable(self.Run([&](Session& session) { return session.RegisterSchema(name, document, options); }));
}

/// Names of the columns that a table declares, or None where there is no such table.
py::object ColumnNames(SessionObject& self, const std::string& name) {
  std::optional<TableInfo> table;
  try {
    table = self.Run([&](Session& session) { return session.GetTable(name); });
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kTableNotFound) throw;
    return py::none();
  }
  py::list names;
  const auto properties = table->json_schema.view().Find("properties");
  for (size_t i = 0; properties && i < properties->size(); ++i) names.append(FromText(properties->KeyAt(i)));
  return names;
}

py::list ListTables(SessionObject& self) {
  const auto tables = self.Run([](Session& session) { return session.ListTables(); });
  py::list list;
  for (const TableInfo& table : tables) list.append(FromTable(table));
  return list;
}

py::dict Info(SessionObject& self) {
  const DatabaseInfo info = self.RunDatabase([](Database& database) { return database.Info(); });
  py::dict dict;
  dict["path"] = info.path;
  dict["database_id"] = info.database_id;
  dict["format_version"] = info.format_version;
  dict["tenants"] = info.tenants;
  dict["disk_bytes"] = info.disk_bytes;
  dict["memory_bytes"] = info.memory_bytes;
  dict["column_cache_bytes"] = info.column_cache_bytes;
  return dict;
}

py::dict FromEmbeddingStatus(const EmbeddingStatus& status) {
  py::dict dict;
  dict["pending"] = status.pending;
  dict["failed"] = status.failed;
  dict["embedded"] = status.embedded;
  dict["working"] = status.working;
  dict["last_error"] = FromText(status.last_error);
  dict["next_attempt"] = py::none();
  if (status.next_attempt) dict["next_attempt"] = FromTimestamp(*status.next_attempt);
  py::list queues;
  for (const EmbeddingQueue& queue : status.queues) {
    py::dict one;
    one["table"] = FromText(queue.table);
    one["column"] = FromText(queue.column);
    one["provider"] = FromText(queue.provider);
    one["pending"] = queue.pending;
    one["retrying"] = queue.retrying;
    one["failed"] = queue.failed;
    one["reembedding"] = queue.reembedding;
    queues.append(one);
  }
  dict["queues"] = queues;
  py::list failures;
  for (const FailedEmbedding& failure : status.failures) {
    py::dict one;
    one["id"] = FromUuid(failure.id);
    one["table"] = FromText(failure.table);
    one["column"] = FromText(failure.column);
    one["attempts"] = failure.attempts;
    one["failed_at"] = FromTimestamp(failure.failed_at);
    one["error"] = FromText(failure.error);
    failures.append(one);
  }
  dict["failures"] = failures;
  return dict;
}

bool Reembed(SessionObject& self, const std::string& table, const std::string& provider, const py::object& visit,
             const std::string& column) {
  std::exception_ptr failure;
  const auto progress = [&](uint64_t done, uint64_t total) {
    const py::gil_scoped_acquire acquire;
    try {
      // Ctrl-C is seen here, as the engine does not return meanwhile.
      if (PyErr_CheckSignals() != 0) throw py::error_already_set();
      return visit.is_none() || !visit(done, total).is(py::bool_(false));
    } catch (...) {
      failure = std::current_exception();
      return false;
    }
  };
  const bool done = self.Run([&](Session& session) { return session.Reembed(table, provider, progress, column); });
  if (failure) std::rethrow_exception(failure);
  return done;
}

void BindEmbedding(py::class_<SessionObject>& type) {
  type.def(
          "wait_for_worker",
          [](SessionObject& self, int64_t timeout_ms) {
            return self.Run([&](Session& session) { return session.WaitForWorker(timeout_ms); });
          },
          py::arg("timeout_ms"))
      .def(
          "embedding_status",
          [](SessionObject& self, size_t max_failures) {
            return FromEmbeddingStatus(
                self.Run([&](Session& session) { return session.GetEmbeddingStatus(max_failures); }));
          },
          py::arg("max_failures") = 100)
      .def("reembed", &Reembed, py::arg("table"), py::arg("provider"), py::arg("progress") = py::none(),
           py::arg("column") = "embedding")
      .def("retry_failed_embeddings", [](SessionObject& self) {
        return self.Run([](Session& session) { return session.RetryFailedEmbeddings(); });
      });
}

void BindTables(py::class_<SessionObject>& type) {
  type.def("register_schema", &RegisterSchema, py::arg("name"), py::arg("json_schema"), py::arg("force") = false)
      .def(
          "get_table",
          [](SessionObject& self, const std::string& name) {
            return FromTable(self.Run([&](Session& session) { return session.GetTable(name); }));
          },
          py::arg("name"))
      .def("column_names", &ColumnNames, py::arg("table"))
      .def("list_tables", &ListTables)
      .def(
          "drop_table",
          [](SessionObject& self, const std::string& name) {
            self.Run([&](Session& session) { session.DropTable(name); });
          },
          py::arg("name"))
      .def(
          "wait_for_indexes",
          [](SessionObject& self, int64_t timeout_ms) {
            return self.Run([&](Session& session) { return session.WaitForIndexes(timeout_ms); });
          },
          py::arg("timeout_ms"));
}

}  // namespace

SessionObject::SessionObject(const OpenOptions& options, const std::string& tenant) : tenant_(tenant) {
  Database database = Database::Open(options);
  Session session = database.OpenSession(tenant);
  open_ = std::make_shared<Open>(Open{std::move(database), std::move(session)});
}

std::shared_ptr<SessionObject::Open> SessionObject::Get() const {
  if (!open_) throw Error(ErrorCode::kClosed, "Database is closed", "open it again with a new REMDatabase or Database");
  return open_;
}

void SessionObject::Close() {
  std::shared_ptr<Open> open = std::move(open_);
  open_.reset();
  const py::gil_scoped_release release;
  open.reset();
}

void BindSession(py::module_& module) {
  py::class_<SessionObject> type(module, "Session",
                                 "One tenant of an open database; see rem_db.REMDatabase and rem_db.Database.");
  type.def(py::init(&OpenSession), py::arg("path"), py::arg("tenant"), py::arg("in_memory") = false,
           py::arg("create_if_missing") = true, py::arg("read_only") = false, py::arg("durability") = "full",
           py::arg("block_cache_mb") = 256, py::arg("column_cache_mb") = 128)
      .def_property_readonly("tenant", &SessionObject::tenant)
      .def_property_readonly("closed", &SessionObject::closed)
      .def("close", &SessionObject::Close)
      .def("info", &Info)
      .def("compact", [](SessionObject& self) { self.RunDatabase([](Database& database) { database.Compact(); }); })
      .def("list_tenants",
           [](SessionObject& self) {
             return self.RunDatabase([](Database& database) { return database.ListTenants(); });
           })
      .def(
          "drop_tenant",
          [](SessionObject& self, const std::string& tenant) {
            self.RunDatabase([&](Database& database) { database.DropTenant(tenant); });
          },
          py::arg("tenant"));
  BindTables(type);
  BindEmbedding(type);
  BindSessionRecords(type);
  BindSessionQueries(type);
}

}  // namespace rem::python
