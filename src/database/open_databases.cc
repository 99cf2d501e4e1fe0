#include "database/open_databases.h"

#include <fmt/format.h>

#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>

#include <rem/error.h>

#include "base/clock.h"
#include "sql/pipeline_rules.h"
#include "storage/memory_engine.h"
#include "storage/rocksdb_engine.h"
#include "store/store.h"

namespace rem {
namespace {

void CheckOptions(const OpenOptions& options) {
  if (options.in_memory != options.path.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                options.in_memory ? "A database in memory has no path" : "The database's path is empty",
                "give either a path or in_memory");
  }
  if (options.embedding_wait_ms < 0 || options.embedding_wait_ms > 86'400'000) {
    throw Error(ErrorCode::kInvalidArgument, "embedding_wait_ms is not between 0 and a day",
                "leave it at the default of 10 s");
  }
  if (options.max_record_bytes == 0 || options.max_record_bytes > (1u << 30)) {
    throw Error(ErrorCode::kInvalidArgument, "max_record_bytes is not between 1 and 1 GiB",
                "leave it at its default of 16 MiB");
  }
  if (options.write_buffer_bytes < (1u << 20)) {
    throw Error(ErrorCode::kInvalidArgument, "write_buffer_bytes is below 1 MiB", "leave it at its default of 128 MiB");
  }
}

/// Slots outlive their stores: a store that is closing keeps its slot until the engine has let go of the directory.
struct OpenStores {
  std::mutex mutex;
  std::condition_variable closed;
  std::map<std::string, std::weak_ptr<Store>> by_path;
};

OpenStores& Stores() {
  static OpenStores* stores =
      new OpenStores;  // Never destroyed: databases may be closed by destructors of static objects.
  return *stores;
}

std::shared_ptr<Store> MakeStore(const OpenOptions& options) {
  auto engine = options.in_memory ? NewMemoryEngine() : OpenRocksDbEngine(options);
  return std::make_shared<Store>(std::move(engine), options, SystemClock(), &MakeRowRules);
}

void CheckSameOptions(const OpenOptions& open, const OpenOptions& options) {
  if (open.read_only == options.read_only && open.durability == options.durability) return;
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("The database in \"{}\" is open in this process with other options", options.path),
              "open it with the same read_only and durability, or close it first");
}

/// Closes a store, if one was made, and gives its path free.
void Close(const std::string& path, Store* store) {
  delete store;
  OpenStores& stores = Stores();
  std::lock_guard lock(stores.mutex);
  stores.by_path.erase(path);
  stores.closed.notify_all();
}

}  // namespace

std::shared_ptr<Store> OpenSharedStore(const OpenOptions& options) {
  CheckOptions(options);
  if (options.in_memory) return MakeStore(options);
  std::error_code ignored;
  std::string path = std::filesystem::weakly_canonical(std::filesystem::absolute(options.path), ignored).string();
  if (path.empty()) path = options.path;
  OpenStores& stores = Stores();
  std::unique_lock lock(stores.mutex);
  for (auto it = stores.by_path.find(path); it != stores.by_path.end(); it = stores.by_path.find(path)) {
    if (auto store = it->second.lock()) {
      lock.unlock();  // Also before an error: this may be the last owner by then, and closing takes the lock.
      CheckSameOptions(store->options(), options);
      return store;
    }
    stores.closed.wait(lock);
  }
  // An empty slot makes others wait while this one is opened.
  stores.by_path[path];
  lock.unlock();
  try {
    auto made = std::make_unique<Store>(OpenRocksDbEngine(options), options, SystemClock(), &MakeRowRules);
    std::shared_ptr<Store> store(made.release(), [path](Store* s) { Close(path, s); });
    lock.lock();
    stores.by_path[path] = store;
    stores.closed.notify_all();
    return store;
  } catch (...) {
    Close(path, nullptr);
    throw;
  }
}

}  // namespace rem
