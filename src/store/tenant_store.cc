#include "store/tenant_store.h"

#include <fmt/format.h>

#include <rem/error.h>

namespace rem {

TenantStore::TenantStore(const StoreParts& parts, TenantId tenant, std::string name)
    : read_only_(parts.options.read_only),
      log_(tenant, parts.options.change_log_retention, *parts.hybrid_clock),
      tables_(context_),
      writer_(context_, tables_),
      indexes_(context_, tables_) {
  context_.tenant = tenant;
  context_.name = std::move(name);
  context_.engine = parts.engine;
  context_.commits = parts.commits;
  context_.log = &log_;
  context_.clock = parts.clock;
  context_.workers = parts.workers;
  context_.max_record_bytes = parts.options.max_record_bytes;
  context_.origin = parts.database_id;
  log_.Recover(*context_.engine);
  tables_.Load();
  if (read_only_) return;
  tables_.EnsureBuiltins();
  indexes_.Wake();
}

TenantStore::~TenantStore() {
  if (read_only_ || dropped_) return;
  try {
    Commit last;
    log_.AppendCheckpoint(last.batch);
    context_.commits->Run(last);
  } catch (...) {
    // The next open counts from the change log instead.
  }
}

void TenantStore::CheckOpen() const {
  if (!dropped_) return;
  throw Error(ErrorCode::kTenant, fmt::format("Tenant \"{}\" was dropped", context_.name),
              "open it again to start with an empty one");
}

void TenantStore::MarkDropped() {
  std::unique_lock definitions(context_.definitions);
  dropped_ = true;
}

TablePtr TenantStore::Register(std::string_view name, const Document& json_schema, bool force) {
  CheckOpen();
  TablePtr table = tables_.Register(name, json_schema, force);
  indexes_.Wake();
  return table;
}

void TenantStore::DropTable(std::string_view name) {
  CheckOpen();
  tables_.Drop(name);
}

CatalogPtr TenantStore::catalog() const {
  CheckOpen();
  return tables_.catalog();
}

RecordWriter& TenantStore::writer() {
  CheckOpen();
  return writer_;
}

std::shared_ptr<const ReadView> TenantStore::Snapshot(std::shared_ptr<const void> owner) const {
  CheckOpen();
  std::shared_ptr<const Engine> engine = context_.engine;
  if (owner) engine = std::shared_ptr<const Engine>(std::move(owner), context_.engine.get());
  return std::make_shared<const ReadView>(std::move(engine), context_.tenant, context_.engine->NewSnapshot());
}

ReadView TenantStore::Latest() const {
  CheckOpen();
  return ReadView(context_.engine, context_.tenant, nullptr);
}

}  // namespace rem
