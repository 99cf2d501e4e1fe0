#include "sql/pipeline_vector_index.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <fmt/format.h>
#include <rem/error.h>

#include "base/nearest.h"

namespace rem::sql {

namespace {

using Definition = VectorIndexDefinition;

struct OperatorClass {
  std::string_view name;
  Definition::Metric metric;
};
constexpr std::array<OperatorClass, 3> kOperatorClasses = {{{"vector_cosine_ops", Definition::Metric::kCosine},
                                                            {"vector_ip_ops", Definition::Metric::kInnerProduct},
                                                            {"vector_l2_ops", Definition::Metric::kL2}}};

struct Unit {
  std::string_view name;
  uint64_t bytes;
};
constexpr std::array<Unit, 5> kUnits = {
    {{"", 1}, {"kb", uint64_t{1} << 10}, {"mb", uint64_t{1} << 20}, {"gb", uint64_t{1} << 30}, {"b", 1}}};

[[noreturn]] void Fail(ErrorCode code, std::string message, std::string hint, const char* sqlstate, int position) {
  throw Error(code, std::move(message), std::move(hint)).WithSqlState(sqlstate).WithPosition(position);
}

/// "64MB"; bytes without a unit where `units` are allowed.
std::optional<uint64_t> Number(std::string_view text, bool units) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  std::string unit;
  for (const char c : text.substr(static_cast<size_t>(end - text.data()))) {
    if (c != ' ') unit += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c);
  }
  const auto found = std::ranges::find(kUnits, unit, &Unit::name);
  if (found == kUnits.end() || (!units && !unit.empty()) || number > UINT64_MAX / found->bytes) return std::nullopt;
  return number * found->bytes;
}

uint64_t Option(const std::string& name, const std::string& text, uint64_t least, uint64_t most, bool units,
                int position) {
  const auto value = Number(text, units);
  if (!value) {
    Fail(ErrorCode::kInvalidArgument, fmt::format("invalid value for option \"{}\": {}", name, text),
         units ? "write a number of bytes, or a text such as '512MB'" : "write an integer", "22023", position);
  }
  if (*value < least || *value > most) {
    Fail(ErrorCode::kInvalidArgument, fmt::format("value {} out of bounds for option \"{}\"", text, name),
         fmt::format("valid values are between {} and {}", least, most), "22023", position);
  }
  return *value;
}

void SetOption(Definition& index, const std::string& name, const std::string& text, int position) {
  if (name == "m") {
    index.m = static_cast<uint32_t>(Option(name, text, Definition::kLeastM, Definition::kMostM, false, position));
  } else if (name == "ef_construction") {
    index.ef_construction = static_cast<uint32_t>(
        Option(name, text, Definition::kLeastEfConstruction, Definition::kMostEfConstruction, false, position));
  } else if (name == "memory_limit") {
    index.memory_limit = Option(name, text, Definition::kLeastMemory, Definition::kMostMemory, true, position);
  } else {
    const std::vector<std::string> known = {"m", "ef_construction", "memory_limit"};
    Fail(ErrorCode::kInvalidArgument, fmt::format("unrecognized parameter \"{}\"", name),
         DidYouMean(name, known, "options are m, ef_construction and memory_limit"), "22023", position);
  }
}

/// About what the graph, its links and codes take.
uint64_t BytesNeeded(const Definition& index, const Table& table, uint32_t dimension) {
  const uint64_t rows = static_cast<uint64_t>(std::max<int64_t>(table.counters->live_rows.load(), 0));
  const uint64_t a_node = dimension + dimension / 8 + 9 * uint64_t{index.m} + 32;
  return rows * a_node;
}

}  // namespace

VectorIndexDefinition DefineVectorIndex(const ast::CreateIndex& create, const Table& table) {
  const int position = create.position;
  if (create.unique)
    Fail(ErrorCode::kNotSupported, "access method \"hnsw\" does not support unique indexes", "leave out UNIQUE",
         "0A000", position);
  if (create.columns.size() != 1)
    Fail(ErrorCode::kNotSupported, "access method \"hnsw\" does not support multicolumn indexes",
         "make an index for each vector column", "0A000", position);
  Definition index;
  index.column = create.columns[0];
  const VectorColumn* column = table.FindVector(index.column);
  if (column == nullptr && table.FindColumn(index.column) == nullptr) {
    throw Error(ErrorCode::kColumnNotFound, fmt::format("column \"{}\" does not exist", index.column),
                "name one of the table's vector columns")
        .WithPosition(position);
  }
  if (column == nullptr)
    Fail(ErrorCode::kTypeMismatch, fmt::format("column \"{}\" holds no vectors", index.column),
         "hnsw indexes vector columns; leave out USING for an index of values", "42804", position);
  if (const std::string& name = create.operator_classes[0]; !name.empty()) {
    const auto found = std::ranges::find(kOperatorClasses, name, &OperatorClass::name);
    if (found == kOperatorClasses.end())
      Fail(ErrorCode::kNotFound, fmt::format("operator class \"{}\" does not exist for access method \"hnsw\"", name),
           "there are vector_cosine_ops, vector_ip_ops and vector_l2_ops", "42704", position);
    index.metric = found->metric;
  }
  for (const auto& [name, text] : create.options) SetOption(index, name, text, position);
  if (index.ef_construction < 2 * index.m)
    Fail(ErrorCode::kInvalidArgument, "ef_construction must be greater than or equal to 2 * m",
         "raise ef_construction, or lower m", "22023", position);
  const uint64_t needed = BytesNeeded(index, table, column->dimension);
  if (needed > index.memory_limit)
    Fail(ErrorCode::kLimitExceeded,
         fmt::format("memory_limit of {} bytes is too small for the {} rows of \"{}\"", index.memory_limit,
                     table.counters->live_rows.load(), table.name()),
         fmt::format("about {} bytes are needed", needed), "54000", position);
  return index;
}

}  // namespace rem::sql
