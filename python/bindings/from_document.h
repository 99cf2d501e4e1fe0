#pragma once

#include <pybind11/pybind11.h>

#include <rem/database.h>
#include <rem/document.h>
#include <rem/value.h>

namespace rem::python {

/// How times and ids are given to Python.
enum class CellStyle {
  kPlain,  ///< As JSON would hold them: RFC 3339 text, UUID text.
  kTyped,  ///< datetime (aware, UTC) and uuid.UUID.
};

pybind11::object FromDocument(const DocumentView& view);
pybind11::object FromValue(const Value& value, CellStyle style);
pybind11::object FromTimestamp(Timestamp timestamp);
pybind11::object FromUuid(const Uuid& uuid);
pybind11::str FromText(std::string_view text);
pybind11::list FromVector(const VectorValue& vector);

/// The properties and the system columns `id`, `created_at`, `modified_at`, `deleted_at` in one dict.
pybind11::dict FlatRecord(const Record& record);

}  // namespace rem::python
