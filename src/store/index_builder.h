#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

#include "store/table_registry.h"
#include "store/tenant_context.h"

namespace rem {

/// Fills new indexes of one tenant in the background, while its tables are read and written. An index takes the entries
/// of every write from the moment it is defined; the builder adds those of the rows that were there before, some rows
/// at a time with writers held off, and then marks it ready. A build that was cut off starts again at the next open:
/// adding an entry twice changes nothing.
class IndexBuilder {
 public:
  IndexBuilder(TenantContext& context, TableRegistry& registry) : context_(context), registry_(registry) {}
  ~IndexBuilder() { Stop(); }

  /// Stops the thread and starts none any more. What is unbuilt is built at the next open.
  void Stop();
  /// Starts the thread when there is something to build.
  void Wake();
  /// Waits until nothing is left to build; false when the time ran out. Rethrows what stopped the builder.
  bool Wait(int64_t timeout_ms);

 private:
  void Run();
  bool Build(TableId table, IndexId index);
  bool BuildRows(const Table& table, const IndexDefinition& index, RowId& next);

  TenantContext& context_;
  TableRegistry& registry_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool running_ = false;
  bool wanted_ = false;
  std::atomic<bool> stopping_{false};
  std::exception_ptr error_;
  std::thread thread_;
};

}  // namespace rem
