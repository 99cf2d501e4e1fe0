#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "kv_row.h"

namespace rem::bench {

/// One database under test, holding the rows of the workload. Rows are named by their number.
class KvPeer {
 public:
  virtual ~KvPeer() = default;
  /// One commit. Thread-safe unless the peer says otherwise.
  virtual void InsertOne(const KvRow& row, uint64_t number) = 0;
  /// One commit for all of them; `first` is the number of the first.
  virtual void InsertMany(std::span<const KvRow> rows, uint64_t first) = 0;
  /// Reads the whole record by its id; gives its views, or -1 when there is none.
  virtual int64_t GetViews(uint64_t number) = 0;
  /// How many rows have a rating above this, by reading every row.
  virtual int64_t CountRatedAbove(double rating) = 0;
  virtual int64_t CountRows() = 0;
};

}  // namespace rem::bench
