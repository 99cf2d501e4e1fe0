#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "storage/engine.h"
#include "store/log_entry.h"

namespace rem {

/// A change with the bytes of its image: a stored row for changes of records, a document for changes of schemas.
struct LoggedChange {
  Sequence sequence = 0;
  LogEntry entry;
  std::optional<std::string> image;
};

/// Entries start..end of one tenant's log, at most `limit`, from the state that `snapshot` shows. The image of a change
/// is absent when it deletes, when the record was purged since, and when its table was dropped.
std::vector<LoggedChange> ReadChanges(const Engine& engine, TenantId tenant, Sequence start, Sequence end, size_t limit,
                                      const EngineSnapshot* snapshot);

}  // namespace rem
