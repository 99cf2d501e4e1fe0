#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include <rem/error.h>

#include "base/clock.h"
#include "sql/pipeline.h"
#include "storage/memory_engine.h"
#include "store/store.h"

namespace {

// A small database that every input queries.
struct Database {
  Database()
      : store(rem::NewMemoryEngine(), {.in_memory = true}, rem::SystemClock()), tenant(store.OpenTenant("fuzz", true)) {
    tenant->Register(
        "t",
        rem::Document::FromJson(
            R"({"type":"object","properties":{"a":{"type":"integer"},"s":{"type":"string"},"j":{"type":"object"},"d":{"type":"number"}},"indexed_fields":["a","s"]})"),
        false);
    for (const char* json :
         {R"({"a":1,"s":"one","j":{"x":1},"d":1.5})", R"({"a":2,"s":"two"})", R"({"s":"three","j":{"x":[1,2]}})"}) {
      const rem::Document record = rem::Document::FromJson(json);
      tenant->writer().Insert("t", {&record, 1}, {});
    }
  }
  rem::Store store;
  std::shared_ptr<rem::TenantStore> tenant;
};

}  // namespace

// Any text is answered or refused; nothing else may happen, and both ways of planning must agree on the number of rows.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Database database;
  const std::string_view sql(reinterpret_cast<const char*>(data), size);
  rem::QueryContext context;
  context.catalog = database.tenant->catalog();
  context.view = database.tenant->Snapshot();
  size_t rows[2] = {0, 0};
  bool failed[2] = {false, false};
  for (const bool optimise : {false, true}) {
    context.optimise = optimise;
    try {
      rows[optimise] = rem::ExecuteSql(context, sql).FetchAll().size();
    } catch (const rem::Error& error) {
      failed[optimise] = true;
      if (error.code() == rem::ErrorCode::kInternal) __builtin_trap();
    }
  }
  const bool explain = sql.find_first_of("xX") != std::string_view::npos;
  if (!failed[0] && !failed[1] && rows[0] != rows[1] && !explain) __builtin_trap();
  return 0;
}
