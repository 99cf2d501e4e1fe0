#include <cstddef>
#include <cstdint>
#include <string_view>

#include <rem/error.h>
#include <rem/yaml.h>

#include "schema/table_schema.h"
#include "schema/validator.h"

/// The first half of the input is a schema, the second an instance. Whatever they are, compiling, validating and
/// filling end without a crash, and an instance that is valid has no violations.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string_view schema_text = input.substr(0, size / 2);
  const std::string_view instance_text = input.substr(size / 2);
  try {
    rem::DocumentFromYaml(schema_text);
  } catch (const rem::Error&) {
  }
  try {
    const rem::Document schema = rem::Document::FromJson(schema_text);
    try {
      const rem::TableSchema table = rem::ReadTableSchema("fuzz", schema);
      rem::CompareSchemas(table, table);
    } catch (const rem::Error&) {
    }
    const rem::Validator validator = rem::Validator::Compile(schema);
    const rem::Document instance = rem::Document::FromJson(instance_text);
    if (validator.IsValid(instance) != validator.Validate(instance).empty()) __builtin_trap();
    validator.FillDefaults(instance);
  } catch (const rem::Error&) {
  }
  return 0;
}
