#include "sql/pipeline_settings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <fmt/format.h>
#include <rem/error.h>

#include "base/nearest.h"
#include "sql/executor/rows_result.h"
#include "sql/parser/ast_names.h"
#include "types/cast.h"

namespace rem::sql {
namespace {

enum class ParameterKind : uint8_t { kText, kBool, kMilliseconds, kNumber, kEfSearch, kFixed };

struct Parameter {
  std::string_view name;
  ParameterKind kind;
  std::string_view initial;
};

/// kFixed: no other value is possible, since answers would have to follow it.
constexpr std::array<Parameter, 79> kParameters = {{
    {"application_name", ParameterKind::kText, ""},
    {"bytea_output", ParameterKind::kFixed, "hex"},
    {"client_encoding", ParameterKind::kFixed, "UTF8"},
    {"client_min_messages", ParameterKind::kText, "notice"},
    {"datestyle", ParameterKind::kFixed, "ISO, MDY"},
    {"default_transaction_isolation", ParameterKind::kText, "read committed"},
    {"enable_bitmapscan", ParameterKind::kBool, "on"},
    {"enable_gathermerge", ParameterKind::kBool, "on"},
    {"enable_hashagg", ParameterKind::kBool, "on"},
    {"enable_hashjoin", ParameterKind::kBool, "on"},
    {"enable_incremental_sort", ParameterKind::kBool, "on"},
    {"enable_indexonlyscan", ParameterKind::kBool, "on"},
    {"enable_indexscan", ParameterKind::kBool, "on"},
    {"enable_material", ParameterKind::kBool, "on"},
    {"enable_memoize", ParameterKind::kBool, "on"},
    {"enable_mergejoin", ParameterKind::kBool, "on"},
    {"enable_nestloop", ParameterKind::kBool, "on"},
    {"enable_parallel_append", ParameterKind::kBool, "on"},
    {"enable_parallel_hash", ParameterKind::kBool, "on"},
    {"enable_partition_pruning", ParameterKind::kBool, "on"},
    {"enable_seqscan", ParameterKind::kBool, "on"},
    {"enable_sort", ParameterKind::kBool, "on"},
    {"enable_tidscan", ParameterKind::kBool, "on"},
    {"extra_float_digits", ParameterKind::kFixed, "1"},
    {"from_collapse_limit", ParameterKind::kNumber, "8"},
    {"geqo", ParameterKind::kBool, "on"},
    {"hash_mem_multiplier", ParameterKind::kNumber, "2"},
    {"integer_datetimes", ParameterKind::kFixed, "on"},
    {"hnsw.ef_search", ParameterKind::kEfSearch, "100"},
    {"intervalstyle", ParameterKind::kFixed, "postgres"},
    {"jit", ParameterKind::kBool, "on"},
    {"join_collapse_limit", ParameterKind::kNumber, "8"},
    {"lc_messages", ParameterKind::kText, "C"},
    {"lock_timeout", ParameterKind::kMilliseconds, "0"},
    {"max_parallel_workers_per_gather", ParameterKind::kNumber, "2"},
    {"min_parallel_table_scan_size", ParameterKind::kText, "8MB"},
    {"max_identifier_length", ParameterKind::kFixed, "63"},
    {"parallel_setup_cost", ParameterKind::kNumber, "1000"},
    {"parallel_tuple_cost", ParameterKind::kNumber, "0.1"},
    {"role", ParameterKind::kFixed, "none"},
    {"search_path", ParameterKind::kFixed, "\"$user\", public"},
    {"server_encoding", ParameterKind::kFixed, "UTF8"},
    {"server_version", ParameterKind::kFixed, "15.0"},
    {"server_version_num", ParameterKind::kFixed, "150000"},
    {"session_authorization", ParameterKind::kFixed, "rem"},
    {"standard_conforming_strings", ParameterKind::kFixed, "on"},
    {"statement_timeout", ParameterKind::kMilliseconds, "0"},
    {"timezone", ParameterKind::kFixed, "UTC"},
    {"transaction_isolation", ParameterKind::kFixed, "repeatable read"},
    // Of PostgreSQL's costs, memory and maintenance, which change no answer.
    {"backend_flush_after", ParameterKind::kText, "0"},
    {"check_function_bodies", ParameterKind::kBool, "on"},
    {"constraint_exclusion", ParameterKind::kText, "partition"},
    {"cpu_index_tuple_cost", ParameterKind::kNumber, "0.005"},
    {"cpu_operator_cost", ParameterKind::kNumber, "0.0025"},
    {"cpu_tuple_cost", ParameterKind::kNumber, "0.01"},
    {"cursor_tuple_fraction", ParameterKind::kNumber, "0.1"},
    {"default_statistics_target", ParameterKind::kNumber, "100"},
    {"default_table_access_method", ParameterKind::kText, "heap"},
    {"default_tablespace", ParameterKind::kText, ""},
    {"effective_cache_size", ParameterKind::kText, "4GB"},
    {"enable_async_append", ParameterKind::kBool, "on"},
    {"enable_partitionwise_aggregate", ParameterKind::kBool, "off"},
    {"enable_partitionwise_join", ParameterKind::kBool, "off"},
    {"force_parallel_mode", ParameterKind::kText, "off"},
    {"idle_in_transaction_session_timeout", ParameterKind::kMilliseconds, "0"},
    {"idle_session_timeout", ParameterKind::kMilliseconds, "0"},
    {"jit_above_cost", ParameterKind::kNumber, "100000"},
    {"maintenance_work_mem", ParameterKind::kText, "64MB"},
    {"max_parallel_maintenance_workers", ParameterKind::kNumber, "2"},
    {"max_parallel_workers", ParameterKind::kNumber, "8"},
    {"min_parallel_index_scan_size", ParameterKind::kText, "512kB"},
    {"parallel_leader_participation", ParameterKind::kBool, "on"},
    {"plan_cache_mode", ParameterKind::kText, "auto"},
    {"random_page_cost", ParameterKind::kNumber, "4"},
    {"row_security", ParameterKind::kBool, "on"},
    {"seq_page_cost", ParameterKind::kNumber, "1"},
    {"temp_buffers", ParameterKind::kText, "8MB"},
    {"work_mem", ParameterKind::kText, "4MB"},
    {"xmloption", ParameterKind::kText, "content"},
}};

constexpr int64_t kMaxEfSearch = 1000;

/// A name with a period is a parameter of the application's own, unless it is one of these.
bool IsOwn(const std::string& name) {
  return name.find('.') != std::string::npos &&
         std::ranges::find(kParameters, FoldName(name), &Parameter::name) == kParameters.end();
}

const Parameter& ParameterOf(const std::string& name) {
  const std::string folded = FoldName(name);
  const auto* found = std::ranges::find(kParameters, folded, &Parameter::name);
  if (found != kParameters.end()) return *found;
  std::vector<std::string> names;
  for (const Parameter& parameter : kParameters) names.emplace_back(parameter.name);
  throw Error(ErrorCode::kNotFound, fmt::format("unrecognized configuration parameter \"{}\"", name),
              DidYouMean(folded, names, "docs/sql/overview.md lists the parameters"));
}

/// "5s", "100ms", "100".
std::optional<int64_t> Milliseconds(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0 || number > 2'147'483'647) return std::nullopt;
  std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  if (unit.empty() || unit == "ms") return number;
  if (unit == "s") return number * 1'000;
  if (unit == "min") return number * 60'000;
  if (unit == "h") return number * 3'600'000;
  return unit == "d" ? std::optional(number * 86'400'000) : std::nullopt;
}

std::string ShownMilliseconds(int64_t number) {
  if (number == 0) return "0";
  for (const auto& [size, unit] : {std::pair(86'400'000, "d"), {3'600'000, "h"}, {60'000, "min"}, {1'000, "s"}}) {
    if (number % size == 0) return std::to_string(number / size) + unit;
  }
  return std::to_string(number) + "ms";
}

[[noreturn]] void Wrong(const Parameter& parameter, const std::string& value, std::string_view hint) {
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("invalid value for parameter \"{}\": \"{}\"", parameter.name, value), std::string(hint));
}

/// Spellings of the one value that a fixed parameter has.
bool IsFixedValue(const Parameter& parameter, const std::string& value) {
  const std::string folded = FoldName(value);
  if (folded == FoldName(parameter.initial)) return true;
  if (parameter.name == "timezone")
    return folded == "gmt" || folded == "etc/utc" || folded == "z" || folded == "zulu" || folded == "0";
  if (parameter.name == "search_path")
    return folded.empty() || folded == "public" || folded == "\"$user\",public" || folded == "public, pg_catalog";
  if (parameter.name == "datestyle") return folded.starts_with("iso");
  if (parameter.name == "client_encoding") return folded == "utf-8" || folded == "unicode";
  if (parameter.name == "extra_float_digits") return folded == "2" || folded == "3";
  if (parameter.name == "standard_conforming_strings") return folded == "true" || folded == "1";
  return false;
}

}  // namespace

void Settings::Set(const std::string& name, const std::string& value) {
  if (IsOwn(name)) {
    values_[FoldName(name)] = value;  // A parameter of the application's own.
    return;
  }
  const Parameter& parameter = ParameterOf(name);
  std::string kept = value;
  switch (parameter.kind) {
    case ParameterKind::kText:
      break;
    case ParameterKind::kBool: {
      const auto on = ParseBool(value);
      if (!on) {
        throw Error(ErrorCode::kInvalidArgument,
                    fmt::format("parameter \"{}\" requires a Boolean value", parameter.name), "write on or off");
      }
      kept = *on ? "on" : "off";
      break;
    }
    case ParameterKind::kMilliseconds: {
      const auto number = Milliseconds(value);
      if (!number)
        Wrong(parameter, value, "Valid units for this parameter are \"ms\", \"s\", \"min\", \"h\", and \"d\".");
      kept = ShownMilliseconds(*number);
      break;
    }
    case ParameterKind::kNumber:
      if (!ParseDouble(value)) Wrong(parameter, value, "write a number");
      break;
    case ParameterKind::kEfSearch: {
      int64_t number = 0;
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
      if (error != std::errc() || end != value.data() + value.size()) Wrong(parameter, value, "write an integer");
      if (number < 1 || number > kMaxEfSearch) {
        throw Error(ErrorCode::kInvalidArgument,
                    fmt::format("{} is outside the valid range for parameter \"{}\" (1 .. {})", number, parameter.name,
                                kMaxEfSearch),
                    "the more, the surer and the slower");
      }
      break;
    }
    case ParameterKind::kFixed:
      if (!IsFixedValue(parameter, value)) {
        throw Error(ErrorCode::kNotSupported, fmt::format("not supported yet: {} = '{}'", parameter.name, value),
                    fmt::format("it is always {}", parameter.initial));
      }
      return;
  }
  values_[std::string(parameter.name)] = kept;
}

void Settings::Reset(const std::string& name) {
  if (!IsOwn(name)) ParameterOf(name);
  values_.erase(FoldName(name));
}

std::optional<std::string> Settings::Find(const std::string& name) const {
  const std::string folded = FoldName(name);
  if (const auto known = values_.find(folded); known != values_.end()) return known->second;
  const auto* found = std::ranges::find(kParameters, folded, &Parameter::name);
  if (found == kParameters.end()) return std::nullopt;
  return std::string(found->initial);
}

std::string Settings::Show(const std::string& name) const {
  if (auto value = Find(name)) return *value;
  return std::string(ParameterOf(name).initial);
}

int64_t Settings::statement_timeout_ms() const {
  const auto set = values_.find(std::string_view("statement_timeout"));
  return set == values_.end() ? 0 : Milliseconds(set->second).value_or(0);
}

size_t Settings::ef_search() const {
  const auto set = values_.find(std::string_view("hnsw.ef_search"));
  return set == values_.end() ? 0 : static_cast<size_t>(std::stoul(set->second));
}

Result ShowSetting(const Settings& settings, const std::string& name) {
  std::string label = FoldName(name);
  if (label == "timezone") label = "TimeZone";
  if (label == "datestyle") label = "DateStyle";
  if (label == "intervalstyle") label = "IntervalStyle";
  return MakeRowsResult({{label, LogicalType::kText}}, {{Value(settings.Show(name))}}, -1);
}

}  // namespace rem::sql
