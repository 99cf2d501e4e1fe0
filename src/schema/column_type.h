#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <rem/value.h>

#include "types/cast.h"

namespace rem {

/// What values a schema admits, as far as its shape tells: `$ref`, `allOf`, `anyOf`/`oneOf`, `enum` and `const` are
/// followed.
struct ColumnType {
  LogicalType type = LogicalType::kJson;
  /// Of "sqlType": numeric(p,s), varchar(n), char(n).
  TypeModifier modifier;
  bool padded = false;
  bool nullable = true;
  /// Of an array: the type of its elements, where they have one.
  std::optional<LogicalType> element;
  bool is_array = false;
  bool is_object = false;
  bool is_vector = false;
  uint32_t vector_dimension = 0;
};

/// Follows `$ref`s of the form "#/..." and single-branch `allOf`, and `anyOf`/`oneOf` of one schema and null, to the
/// schema that says something. Returns `schema` itself where there is nothing to follow.
DocumentView FollowSchema(const DocumentView& root, const DocumentView& schema);

/// Errors: kInvalidSchema for a `vector` that is no array of numbers, naming `property`.
ColumnType ReadColumnType(const DocumentView& root, const DocumentView& schema, std::string_view property);

}  // namespace rem
