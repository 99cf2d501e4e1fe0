#pragma once

#include <span>
#include <string>
#include <vector>

#include <pybind11/pybind11.h>

#include <rem/document.h>
#include <rem/uuid.h>
#include <rem/value.h>

namespace rem::python {

/// Converts a dict, a model or any other value that JSON can hold, without JSON text in between. Besides JSON's own
/// types: datetime (RFC 3339 in UTC; a naive one is taken as UTC), date, time, UUID, Enum (its value), Decimal (a
/// number), tuples, sets, mappings, NumPy scalars and arrays, Pydantic models. Errors name the path of the value:
/// kInvalidArgument for other types and for keys that are no text, kInvalidJson for NaN, integers beyond 64 bits and
/// text that is not UTF-8, kLimitExceeded for nesting beyond the limit (a container that holds itself, too).
Document ToDocument(pybind11::handle object);

/// As ToDocument for a record, which must be an object; otherwise Error(kInvalidArgument).
Document ToRecord(pybind11::handle object);

/// A list of records.
std::vector<Document> ToRecords(pybind11::handle objects);

/// A UUID or its text. Error(kInvalidText) otherwise.
Uuid ToUuid(pybind11::handle object);

/// A vector from a buffer (NumPy array) or a sequence of numbers. Error(kInvalidArgument) for what is no finite number.
VectorValue ToVector(pybind11::handle object);

/// SQL parameters: None, bool, int, float, str, datetime, UUID, Decimal; everything else as jsonb.
std::vector<Value> ToValues(pybind11::handle parameters);

}  // namespace rem::python
