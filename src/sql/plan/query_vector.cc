#include "sql/plan/query_vector.h"

#include <string_view>

#include <fmt/format.h>
#include <rem/error.h>

#include "base/check.h"
#include "embedding/provider.h"
#include "types/cast.h"

namespace rem::sql {

namespace {

using enum LogicalType;

Value Embedded(const Value& text, const VectorColumn& column, int position) {
  if (column.provider == nullptr) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("column \"{}\" has no embedding provider", column.name),
                "pass a vector such as '[0.1,0.2]', or set embedding_provider in the schema")
        .WithPosition(position);
  }
  VectorValue vector(column.provider->dimension());
  const std::string_view texts[] = {text.AsText()};
  EmbedOptions options;
  options.use = TextUse::kQuery;
  column.provider->EmbedFor(texts, options, vector.data());
  return Value(std::move(vector));
}

void CheckDimension(const VectorValue& vector, const VectorColumn& column, int position) {
  if (column.dimension == 0 || vector.size() == column.dimension) return;
  throw Error(ErrorCode::kDimensionMismatch,
              fmt::format("vector has dimension {}, column \"{}\" has dimension {}", vector.size(), column.name,
                          column.dimension),
              "pass a vector of the column's dimension")
      .WithPosition(position);
}

}  // namespace

Value ToQueryVector(const Value& value, const VectorColumn& column, int position) {
  Value vector = value;
  if (value.type() == kText && value.AsText().starts_with("[")) {
    try {
      vector = CastValue(value, kVector);
    } catch (const Error&) {
      // A text may begin with a bracket.
    }
  }
  if (vector.type() == kText) vector = Embedded(vector, column, position);
  if (vector.type() != kVector) {
    throw Error(ErrorCode::kTypeMismatch, "a query vector is a text or a vector",
                "pass a text, or a vector such as '[0.1,0.2]'")
        .WithPosition(position);
  }
  CheckDimension(vector.AsVector(), column, position);
  return vector;
}

void ResolveQueryVectors(const PhysicalPlan& plan, std::vector<Value>& parameters) {
  if (plan.query_vectors.empty()) return;
  REM_CHECK(parameters.size() == plan.parameter_count);
  parameters.resize(plan.parameter_count + plan.query_vectors.size());
  for (const QueryVector& query : plan.query_vectors) {
    const VectorColumn* column = query.table->FindVector(query.column);
    REM_CHECK(column != nullptr);
    if (query.vector == query.parameter) {
      CheckDimension(parameters[query.vector].AsVector(), *column, query.position);
    } else if (parameters[query.vector].IsNull()) {
      parameters[query.vector] = ToQueryVector(parameters[query.parameter], *column, query.position);
    }
  }
}

}  // namespace rem::sql
