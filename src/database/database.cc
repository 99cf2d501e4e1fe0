#include <rem/database.h>

#include <fmt/format.h>

#include "base/bytes.h"
#include "database/open_databases.h"
#include "database/session_impl.h"
#include "storage/key_space.h"

namespace rem {

class Database::Impl {
 public:
  std::shared_ptr<Store> store;
};

Database::Database(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Database Database::Open(const OpenOptions& options) {
  auto impl = std::make_shared<Impl>();
  impl->store = OpenSharedStore(options);
  return Database(std::move(impl));
}

Session Database::OpenSession(std::string_view tenant, bool create) {
  return Session(std::make_shared<Session::Impl>(impl_->store, impl_->store->OpenTenant(tenant, create)));
}

std::vector<std::string> Database::ListTenants() const { return impl_->store->ListTenants(); }

void Database::DropTenant(std::string_view tenant) { impl_->store->DropTenant(tenant); }

DatabaseInfo Database::Info() const {
  EngineStats stats = impl_->store->engine().Stats();
  DatabaseInfo info;
  info.path = impl_->store->options().path;
  info.database_id = impl_->store->database_id().ToString();
  info.format_version = kFormatVersion;
  info.tenants = ListTenants();
  info.disk_bytes = stats.disk_bytes;
  info.memory_bytes = stats.memory_bytes;
  info.column_cache_bytes = impl_->store->columns().memory_bytes();
  info.row_cache_bytes = impl_->store->row_cache_bytes();
  return info;
}

std::string Database::InspectKey(std::string_view hex) const {
  constexpr size_t kMaxKeysShown = 100;
  std::string prefix;
  if (!FromHex(hex, prefix)) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("\"{}\" is not a key in hexadecimal", hex.substr(0, 80)),
                "write two digits 0-9a-f for each byte; no digits at all list the first keys of each family");
  }
  std::string out;
  for (size_t i = 0; i < kFamilyCount; ++i) {
    auto family = static_cast<Family>(i);
    auto it = impl_->store->engine().Scan(family, {.lower = prefix, .fill_cache = false});
    size_t shown = 0;
    for (it->SeekToFirst(); it->Valid() && it->key().starts_with(prefix); it->Next()) {
      if (++shown > kMaxKeysShown) {
        out += fmt::format("{}: more keys follow; give a longer prefix\n", DescribeFamily(family).name);
        break;
      }
      out += fmt::format("{} {} = {} bytes\n", ToHex(it->key()), DescribeKey(family, it->key()), it->value().size());
    }
  }
  if (out.empty()) out = "no key starts with these bytes\n";
  return out;
}

void Database::Compact() {
  for (size_t i = 0; i < kFamilyCount; ++i) impl_->store->engine().Compact(static_cast<Family>(i), {}, {});
}

void Database::VerifyChecksums() const { impl_->store->engine().VerifyChecksums(); }

}  // namespace rem
