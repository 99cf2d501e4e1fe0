#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "storage/key_space.h"
#include "store/tenant_context.h"

namespace rem {

/// The values that serial and identity columns take: 1, 2, ... for each column, whatever becomes of the transaction
/// that took one. What is stored is a bound above every value that was given, so that a value costs no write; after a
/// crash the values go on behind that bound, after a clean close without a gap. Thread-safe.
class Sequences {
 public:
  explicit Sequences(TenantContext& context) : context_(context) {}

  int64_t Next(TableId table, std::string_view column);
  /// The next value is `next`.
  void Restart(TableId table, std::string_view column, int64_t next = 1);
  /// Stores the exact next values.
  void Save();
  void Rename(TableId table, std::string_view from, std::string_view to);
  /// Adds what removes the sequences of a table.
  void AppendRemoval(TableId table, Batch& batch);

 private:
  struct State {
    int64_t next = 1;
    int64_t bound = 1;  ///< Values below it may be given without a write.
  };
  using Key = std::pair<TableId, std::string>;
  State& Load(const Key& key);
  std::string StoredKey(const Key& key) const;
  void Store(const Key& key, int64_t bound);

  TenantContext& context_;
  std::mutex mutex_;
  std::map<Key, State> states_;
};

}  // namespace rem
