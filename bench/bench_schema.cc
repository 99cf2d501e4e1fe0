#include <benchmark/benchmark.h>

#include "schema/builtin_schemas.h"
#include "schema/table_schema.h"
#include "schema/validator.h"

namespace {

// As Pydantic v2 emits it: eight properties.
constexpr std::string_view kSchema =
    R"({"title": "Issue", "type": "object", "required": ["number", "title", "status", "author"],
  "$defs": {"Priority": {"enum": ["low", "medium", "high"], "type": "string"}},
  "properties": {"number": {"type": "integer", "minimum": 1}, "title": {"type": "string", "maxLength": 200}, "body": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": null},
    "status": {"type": "string", "enum": ["open", "closed"]}, "priority": {"$ref": "#/$defs/Priority", "default": "low"}, "author": {"type": "string"},
    "labels": {"type": "array", "items": {"type": "string"}, "default": []}, "opened_at": {"type": "string", "format": "date-time"}}})";

// 300 bytes.
constexpr std::string_view kRecord =
    R"({"number": 4711, "title": "Search returns no result after an update of the index", "body": "Steps: insert a record, update its text, search for the new words. Expected one hit, got none at all.",
  "status": "open", "priority": "high", "author": "sam", "labels": ["bug", "search"], "opened_at": "2026-11-21T10:00:00Z"})";

void Validate(benchmark::State& state) {
  const rem::Validator validator = rem::Validator::Compile(rem::Document::FromJson(kSchema));
  const rem::Document record = rem::Document::FromJson(kRecord);
  if (!validator.IsValid(record)) state.SkipWithError("the record is not valid");
  for (auto _ : state) benchmark::DoNotOptimize(validator.IsValid(record));
}
BENCHMARK(Validate);

void CheckDefaults(benchmark::State& state) {
  const rem::Validator validator = rem::Validator::Compile(rem::Document::FromJson(kSchema));
  const rem::Document record = rem::Document::FromJson(kRecord);
  if (validator.FillDefaults(record)) state.SkipWithError("the record lacks a default");
  for (auto _ : state) benchmark::DoNotOptimize(validator.FillDefaults(record));
}
BENCHMARK(CheckDefaults);

void FillDefaults(benchmark::State& state) {
  const rem::Validator validator = rem::Validator::Compile(rem::Document::FromJson(kSchema));
  const rem::Document record =
      rem::Document::FromJson(R"({"number": 1, "title": "a", "status": "open", "author": "b"})");
  if (!validator.FillDefaults(record)) state.SkipWithError("nothing was filled in");
  for (auto _ : state) benchmark::DoNotOptimize(validator.FillDefaults(record));
}
BENCHMARK(FillDefaults);

void Compile(benchmark::State& state) {
  const rem::Document schema = rem::Document::FromJson(kSchema);
  for (auto _ : state) benchmark::DoNotOptimize(rem::Validator::Compile(schema));
}
BENCHMARK(Compile);

void CompileMetaschema(benchmark::State& state) {
  const rem::Document schema = rem::Document::FromJson(R"({"$ref": "https://json-schema.org/draft/2020-12/schema"})");
  for (auto _ : state) benchmark::DoNotOptimize(rem::Validator::Compile(schema));
}
BENCHMARK(CompileMetaschema);

void ReadTable(benchmark::State& state) {
  const rem::Document schema = rem::Document::FromJson(rem::BuiltinSchemas()[0].json);
  for (auto _ : state) benchmark::DoNotOptimize(rem::ReadTableSchema("resources", schema));
}
BENCHMARK(ReadTable);

}  // namespace

BENCHMARK_MAIN();
