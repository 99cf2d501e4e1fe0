#include "store/tenant_store.h"

#include <rem/error.h>

#include "store/embedding_status.h"

namespace rem {

TenantStore::TenantStore(const StoreParts& parts, TenantId tenant, std::string name)
    : log_(tenant, parts.options.change_log_retention, *parts.hybrid_clock),
      tables_(context_),
      statistics_(context_),
      writer_(context_, tables_),
      indexes_(context_, tables_),
      embedding_(context_, tables_),
      embedding_limit_(context_, tables_),
      vectors_(std::make_shared<VectorIndexes>(context_)) {
  context_.tenant = tenant;
  context_.name = std::move(name);
  context_.engine = parts.engine;
  context_.commits = parts.commits;
  context_.log = &log_;
  context_.clock = parts.clock;
  context_.workers = parts.workers;
  context_.places = parts.places;
  context_.columns = parts.columns;
  context_.rows = parts.rows;
  context_.indexes = parts.indexes;
  context_.embedding = &embedding_;
  context_.embedding_limit = &embedding_limit_;
  context_.vector_indexes = vectors_.get();
  context_.max_record_bytes = parts.options.max_record_bytes;
  context_.make_rules = parts.make_rules;
  context_.origin = parts.database_id;
  context_.read_only = parts.options.read_only;
  log_.Recover(*context_.engine);
  tables_.Load();
  if (!parts.options.in_memory) {
    vectors_->SetFiles(std::make_unique<VectorIndexFiles>(parts.options.path + "/vector_indexes", context_.read_only,
                                                          *context_.engine, tenant, context_.origin));
  }
  if (context_.read_only) return;
  tables_.EnsureBuiltins();
  indexes_.Wake();
  embedding_limit_.Configure(parts.options.max_pending_embeddings, parts.options.embedding_wait_ms,
                             !embedding_.HasPending());
  embedding_.Start();
}

TenantStore::~TenantStore() {
  indexes_.Stop();
  embedding_limit_.Stop();
  embedding_.Stop();
  vectors_->Stop();
  if (!context_.dropped) vectors_->Save();
  if (context_.read_only || context_.dropped) return;
  try {
    tables_.SaveSequences();
    statistics_.Save(*tables_.catalog());
    Commit last;
    last.log = &log_;
    last.save_counts = true;
    context_.commits->Run(last);
  } catch (...) {
    // The next open counts from the change log instead, and samples.
  }
}

void TenantStore::Compact() {
  context_.CheckNotDropped();
  const std::string prefix = TenantPrefix(context_.tenant);
  for (size_t family = 0; family < kFamilyCount; ++family)
    context_.engine->Compact(static_cast<Family>(family), prefix, PrefixEnd(prefix));
}

void TenantStore::Drop(const std::function<void()>& commit_drop) {
  indexes_.Stop();
  embedding_limit_.Stop();
  embedding_.Stop();
  vectors_->Stop();
  std::unique_lock definitions(context_.definitions);
  commit_drop();
  vectors_->DeleteFiles();
  context_.dropped = true;
}

TablePtr TenantStore::Register(std::string_view name, const Document& json_schema, bool force) {
  TablePtr table = tables_.Register(name, json_schema, force);
  indexes_.Wake();
  if (HasQueuedColumns(*table)) embedding_.Wake();
  return table;
}

TablePtr TenantStore::Redefine(TableId id, uint64_t version, const Redefinition& change) {
  TablePtr table = tables_.Redefine(id, version, change);
  if (HasQueuedColumns(*table)) embedding_.Wake();
  return table;
}

void TenantStore::MakeVectorIndexes(const Table& table) { vectors_->MakeDeclared(table); }

EmbeddingStatus TenantStore::GetEmbeddingStatus(size_t max_failures) const {
  auto [catalog, view] = Consistent();
  return ReadEmbeddingStatus(*context_.engine, context_.tenant, *catalog, *view, embedding_.state(), max_failures);
}

bool TenantStore::BeginReembedding(std::string_view table, std::string_view column, std::string_view provider) {
  if (context_.read_only)
    throw Error(ErrorCode::kPermission, "The database is open for reading only", "open it for writing");
  const bool begun = tables_.BeginReembedding(table, column, RequireProvider(provider));
  if (begun) embedding_.Wake();
  return begun;
}

uint64_t TenantStore::RetryFailedEmbeddings() {
  const uint64_t rows = rem::RetryFailedEmbeddings(context_);
  if (rows > 0) embedding_.Wake();
  return rows;
}

void TenantStore::DropTable(std::string_view name) {
  const TablePtr table = catalog()->Find(name);
  tables_.Drop(name);
  if (table != nullptr) vectors_->ForgetFiles(*table);
}

CatalogPtr TenantStore::catalog() const {
  context_.CheckNotDropped();
  return tables_.catalog();
}

RecordWriter& TenantStore::writer() {
  context_.CheckNotDropped();
  return writer_;
}

std::unique_ptr<Transaction> TenantStore::Begin() {
  context_.CheckNotDropped();
  auto published = tables_.HoldPublished();
  // Read before the snapshot is taken: all of it is in the snapshot.
  const Sequence begin = log_.committed();
  CacheMoment moment = context_.columns->Now();
  moment.rows = context_.rows;
  moment.indexes = context_.indexes;
  return std::make_unique<Transaction>(context_, tables_, tables_.catalog(), context_.engine->NewSnapshot(),
                                       std::move(moment), begin, vectors_);
}

std::pair<CatalogPtr, std::shared_ptr<const ReadView>> TenantStore::Consistent(
    std::shared_ptr<const void> owner) const {
  context_.CheckNotDropped();
  auto published = tables_.HoldPublished();
  return {tables_.catalog(), Snapshot(std::move(owner))};
}

std::shared_ptr<const ReadView> TenantStore::Snapshot(std::shared_ptr<const void> owner) const {
  context_.CheckNotDropped();
  std::shared_ptr<const Engine> engine = context_.engine;
  if (owner) engine = std::shared_ptr<const Engine>(std::move(owner), context_.engine.get());
  CacheMoment moment = context_.columns->Now();
  moment.rows = context_.rows;
  moment.indexes = context_.indexes;
  // Read before the snapshot is taken: all of it is in the snapshot.
  VectorAccess vectors{vectors_, log_.committed()};
  return std::make_shared<const ReadView>(std::move(engine), context_.tenant, context_.engine->NewSnapshot(),
                                          std::move(moment), std::move(vectors));
}

TablePtr TenantStore::FindRow(const ReadView& view, const CatalogSnapshot& catalog, const Uuid& id,
                              std::string& buffer) const {
  // A row id is never used again, so a row with this id at the remembered place is the record, in any snapshot.
  if (auto place = context_.places->Get(context_.tenant, id)) {
    TablePtr table = catalog.FindById(place->first);
    if (table != nullptr && view.GetRow(*table, place->second, buffer) && RowView(buffer, nullptr).id() == id)
      return table;
  }
  auto place = view.FindId(id);
  TablePtr table = place ? catalog.FindById(place->first) : nullptr;
  if (table == nullptr || !view.GetRow(*table, place->second, buffer)) return nullptr;
  context_.places->Put(context_.tenant, id, place->first, place->second);
  return table;
}

ReadView TenantStore::Latest() const {
  context_.CheckNotDropped();
  // Rows need no snapshot: one that was read after the moment is as new or newer, and then it is not kept.
  CacheMoment moment = context_.columns->Now();
  moment.cache = nullptr;
  moment.rows = context_.rows;
  return ReadView(context_.engine, context_.tenant, nullptr, std::move(moment));
}

}  // namespace rem
