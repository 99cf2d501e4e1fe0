#include "store/store.h"

#include <fmt/format.h>

#include <algorithm>

#include <rem/error.h>

#include "base/bytes.h"
#include "base/random.h"
#include "base/utf8.h"
#include "storage/key_codec.h"
#include "store/index_cache.h"
#include "store/row_cache.h"

namespace rem {
namespace {

constexpr size_t kMaxTenantNameBytes = 128;

std::string DatabaseKey() { return MetaKey(0, MetaKind::kDatabase); }
std::string TenantKey(std::string_view name) { return MetaKey(0, MetaKind::kTenant, name); }
// Tenant numbers are never used again, so that a reader of an old snapshot cannot see another tenant's rows.
std::string NextTenantKey() { return MetaKey(0, MetaKind::kCounters); }

std::string Encode32(uint32_t value) {
  std::string out;
  AppendFixed(out, value);
  return out;
}

uint32_t Decode32(std::string_view in) {
  uint32_t value = 0;
  if (!TakeFixed(in, value))
    throw Error(ErrorCode::kCorruption, "A tenant's number is damaged", "restore the database from a backup");
  return value;
}

void CheckTenantName(std::string_view name) {
  bool bad = name.empty() || name.size() > kMaxTenantNameBytes || !IsValidUtf8(name) ||
             std::any_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F || c == '/'; });
  if (!bad) return;
  throw Error(ErrorCode::kTenant, "A tenant's name is 1 to 128 bytes of UTF-8 without control characters and '/'",
              "use a name such as \"acme\"");
}

/// The place cache takes this part of what the block cache may have, on top of it: two million records by default.
constexpr size_t kPlaceCacheShare = 8;
/// Of the memory for rows and index entries, the entries get this part.
constexpr size_t kIndexCacheShare = 4;

}  // namespace

Store::Store(std::unique_ptr<Engine> engine, const OpenOptions& options, Clock& clock, RowRulesMaker make_rules)
    : options_(options),
      engine_(std::move(engine)),
      columns_(std::make_shared<ColumnCache>(options.column_cache_bytes)),
      rows_(std::make_shared<RowCache>(options.row_cache_bytes - options.row_cache_bytes / kIndexCacheShare)),
      indexes_(std::make_shared<IndexCache>(options.row_cache_bytes / kIndexCacheShare)),
      commits_(*engine_, *columns_, *rows_, *indexes_, options.durability == Durability::kFull),
      hybrid_clock_(clock),
      workers_(std::max<size_t>({2, std::thread::hardware_concurrency(), options.threads}) - 1),
      places_(options.block_cache_bytes / kPlaceCacheShare) {
  parts_ = {engine_,  &commits_, &hybrid_clock_, &clock,   &workers_,  &places_,
            columns_, rows_,     indexes_,       options_, make_rules, {}};
  LoadOrMakeDatabase();
}

Store::~Store() = default;

size_t Store::row_cache_bytes() const { return rows_->memory_bytes() + indexes_->memory_bytes(); }

void Store::LoadOrMakeDatabase() {
  std::string value;
  if (engine_->Get(Family::kMeta, DatabaseKey(), value)) {
    std::string_view in = value;
    uint32_t format = 0;
    if (!TakeFixed(in, format))
      throw Error(ErrorCode::kCorruption, "The database's header is damaged", "restore it from a backup");
    if (format > kFormatVersion) {
      throw Error(
          ErrorCode::kFormatVersion,
          fmt::format("The database has format {}, this version of REM DB knows up to {}", format, kFormatVersion),
          "open it with the version that wrote it, or a newer one");
    }
    if (in.size() < 16)
      throw Error(ErrorCode::kCorruption, "The database's header is damaged", "restore it from a backup");
    parts_.database_id = Uuid::FromBytes(in.substr(0, 16));
    return;
  }
  if (options_.read_only) {
    throw Error(ErrorCode::kNotFound, fmt::format("There is no REM database in \"{}\"", options_.path),
                "open it for writing first");
  }
  int64_t now = parts_.clock->NowMicros();
  parts_.database_id = NewUuid(now);
  Commit commit;
  std::string header = Encode32(kFormatVersion);
  header.append(parts_.database_id.AsBytes());
  AppendFixed(header, now);
  commit.batch.Put(Family::kMeta, DatabaseKey(), header);
  commits_.Run(commit);
}

TenantId Store::MakeTenant(std::string_view name) {
  std::string value;
  TenantId tenant = engine_->Get(Family::kMeta, NextTenantKey(), value) ? Decode32(value) : 1;
  Commit commit;
  commit.batch.Put(Family::kMeta, NextTenantKey(), Encode32(tenant + 1));
  commit.batch.Put(Family::kMeta, TenantKey(name), Encode32(tenant));
  commits_.Run(commit);
  return tenant;
}

std::shared_ptr<TenantStore> Store::OpenTenant(std::string_view name, bool create) {
  CheckTenantName(name);
  std::unique_lock lock(mutex_);
  for (auto it = open_.find(name); it != open_.end(); it = open_.find(name)) {
    if (auto tenant = it->second.tenant.lock()) return tenant;
    released_.wait(lock);  // Being loaded or destroyed by another thread.
  }
  uint64_t slot = next_slot_++;
  open_[std::string(name)].number = slot;
  lock.unlock();
  try {
    auto tenant = LoadTenant(name, create, slot);
    lock.lock();
    open_[std::string(name)].tenant = tenant;
    released_.notify_all();
    return tenant;
  } catch (...) {
    Release(std::string(name), slot);
    throw;
  }
}

std::shared_ptr<TenantStore> Store::LoadTenant(std::string_view name, bool create, uint64_t slot) {
  std::string value;
  TenantId id = 0;
  if (engine_->Get(Family::kMeta, TenantKey(name), value)) {
    id = Decode32(value);
  } else if (create && !options_.read_only) {
    std::lock_guard lock(mutex_);
    id = MakeTenant(name);
  } else {
    throw Error(ErrorCode::kTenant, fmt::format("Tenant \"{}\" does not exist", name),
                "list the tenants, or create it by opening it for writing");
  }
  auto made = std::make_unique<TenantStore>(parts_, id, std::string(name));
  return std::shared_ptr<TenantStore>(made.release(), [this, name = std::string(name), slot](TenantStore* tenant) {
    delete tenant;
    Release(name, slot);
  });
}

void Store::Release(const std::string& name, uint64_t slot) {
  std::lock_guard lock(mutex_);
  // After a drop the name may stand for a new tenant already.
  auto it = open_.find(name);
  if (it != open_.end() && it->second.number == slot) open_.erase(it);
  released_.notify_all();
}

std::vector<std::string> Store::ListTenants() const {
  std::vector<std::string> names;
  std::string prefix = TenantKey("");
  auto it = engine_->Scan(Family::kMeta, {.lower = prefix, .upper = PrefixEnd(prefix)});
  for (it->SeekToFirst(); it->Valid(); it->Next()) names.emplace_back(it->key().substr(prefix.size()));
  return names;
}

void Store::DropTenant(std::string_view name) {
  // Opened, so that nobody else loads it meanwhile and its writers can be kept out.
  auto tenant = OpenTenant(name, false);
  tenant->Drop([&] {
    Commit commit;
    commit.batch.Delete(Family::kMeta, TenantKey(name));
    for (size_t family = 0; family < kFamilyCount; ++family) {
      commit.batch.DeleteRange(static_cast<Family>(family), TenantPrefix(tenant->tenant()),
                               TenantPrefix(tenant->tenant() + 1));
    }
    commits_.Run(commit);
  });
  std::lock_guard lock(mutex_);
  if (auto it = open_.find(name); it != open_.end() && it->second.tenant.lock() == tenant) open_.erase(it);
  released_.notify_all();
}

}  // namespace rem
