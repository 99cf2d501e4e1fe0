#include <optional>

#include <pybind11/stl.h>

#include "bindings/cancel_on_interrupt.h"
#include "bindings/from_document.h"
#include "bindings/result_object.h"
#include "bindings/session_object.h"
#include "bindings/to_document.h"

namespace py = pybind11;

namespace rem::python {

namespace {

std::unique_ptr<ResultObject> Sql(SessionObject& self, const std::string& text, const py::object& parameters) {
  const std::vector<Value> values = parameters.is_none() ? std::vector<Value>() : ToValues(parameters);
  std::optional<Session> ran;
  Result result = self.Run([&](Session& session) {
    const CancelOnInterrupt cancel(session);
    ran = session;
    return session.Sql(text, values);
  });
  return std::make_unique<ResultObject>(std::move(result), std::move(*ran));
}

std::vector<Record> Query(SessionObject& self, const std::string& table, const py::object& spec) {
  const Document document = ToRecord(spec);
  return self.Run([&](Session& session) { return session.Query(table, document); });
}

SearchOptions ToSearchOptions(size_t top_k, double min_score, const std::string& column, const py::object& filter) {
  SearchOptions options;
  options.top_k = top_k;
  options.min_score = min_score;
  options.column = column;
  if (!filter.is_none()) options.filter = ToRecord(filter);
  return options;
}

py::list FromScored(std::vector<ScoredRecord> scored) {
  py::list list;
  for (ScoredRecord& hit : scored) list.append(py::make_tuple(std::move(hit.record), hit.score));
  return list;
}

py::list Search(SessionObject& self, const std::string& table, const std::string& text, size_t top_k, double min_score,
                const std::string& column, const py::object& filter) {
  const SearchOptions options = ToSearchOptions(top_k, min_score, column, filter);
  return FromScored(self.Run([&](Session& session) { return session.Search(table, text, options); }));
}

py::list SearchVector(SessionObject& self, const std::string& table, const py::object& vector, size_t top_k,
                      double min_score, const std::string& column, const py::object& filter) {
  const VectorValue values = ToVector(vector);
  const SearchOptions options = ToSearchOptions(top_k, min_score, column, filter);
  return FromScored(self.Run([&](Session& session) { return session.SearchVector(table, values, options); }));
}

void SetEmbedding(SessionObject& self, const py::object& id, const py::object& vector, const std::string& column) {
  const Uuid uuid = ToUuid(id);
  const VectorValue values = ToVector(vector);
  self.Run([&](Session& session) { session.SetEmbedding(uuid, values, column); });
}

py::object GetEmbedding(SessionObject& self, const py::object& id, const std::string& column) {
  const Uuid uuid = ToUuid(id);
  const auto vector = self.Run([&](Session& session) { return session.GetEmbedding(uuid, column); });
  if (!vector) return py::none();
  return FromVector(*vector);
}

py::list GetEmbeddings(SessionObject& self, const py::object& ids, const std::string& column) {
  std::vector<Uuid> uuids;
  for (const py::handle id : ids) uuids.push_back(ToUuid(id));
  const auto vectors = self.Run([&](Session& session) {
    std::vector<std::optional<VectorValue>> found;
    for (const Uuid& uuid : uuids) found.push_back(session.GetEmbedding(uuid, column));
    return found;
  });
  py::list list;
  for (const auto& vector : vectors) list.append(vector ? py::object(FromVector(*vector)) : py::none());
  return list;
}

}  // namespace

void BindSessionQueries(py::class_<SessionObject>& type) {
  const double any_score = SearchOptions().min_score;
  type.def("sql", &Sql, py::arg("text"), py::arg("parameters") = py::none())
      .def(
          "explain",
          [](SessionObject& self, const std::string& text) {
            return self.Run([&](Session& session) { return session.Explain(text); });
          },
          py::arg("text"))
      .def("query", &Query, py::arg("table"), py::arg("spec"))
      .def("search", &Search, py::arg("table"), py::arg("text"), py::arg("top_k") = 10,
           py::arg("min_score") = any_score, py::arg("column") = "embedding", py::arg("filter") = py::none())
      .def("search_vector", &SearchVector, py::arg("table"), py::arg("vector"), py::arg("top_k") = 10,
           py::arg("min_score") = any_score, py::arg("column") = "embedding", py::arg("filter") = py::none())
      .def("set_embedding", &SetEmbedding, py::arg("id"), py::arg("vector"), py::arg("column") = "embedding")
      .def("get_embedding", &GetEmbedding, py::arg("id"), py::arg("column") = "embedding")
      .def("get_embeddings", &GetEmbeddings, py::arg("ids"), py::arg("column") = "embedding");
}

}  // namespace rem::python
