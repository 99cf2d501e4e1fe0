#pragma once

#include <memory>
#include <span>
#include <vector>

#include "sql/executor/key_table.h"
#include "sql/executor/operator.h"

namespace rem::sql {

/// The rows of the two sides of a UNION, collected by several workers, each of which is one thread at a time. Every
/// worker keeps rows by value in parts, by their hash, so that the workers' parts can be put together at once: a
/// partitioned hash table. What comes out has the order in which one thread would have met the rows. INTERSECT and
/// EXCEPT are not done this way: one thread only has to ask for their left rows, which would all have to be kept here.
class SetRows {
 public:
  SetRows(const ExecContext& context, const PhysicalNode& node, size_t workers);

  /// Rows whose first one has this place in the order of all rows; those of one worker come in order.
  void Add(size_t worker, const ColumnBatch& batch, uint64_t order);
  /// After the last row.
  void Finish();
  /// The next rows of the result; nullptr after the last one.
  ColumnBatch* Next();

  /// UNION gives the rows of its right side after all of its left one.
  static constexpr uint64_t kOfRight = uint64_t{1} << 63;

 private:
  struct Entry {
    uint64_t order;
    uint32_t part;  // worker * parts + part
    uint32_t key;
  };
  struct Part {
    explicit Part(std::vector<LogicalType> types) : keys(std::move(types)) {}
    size_t memory_bytes() const;

    KeyTable keys;
    std::vector<Entry> entries;  // The first row of each key.
  };
  struct Worker {
    explicit Worker(const ExecContext& context) : memory(context, "set operation") {}

    std::vector<std::unique_ptr<Part>> parts;
    std::vector<uint64_t> hashes;
    MemoryUse memory;
  };

  size_t PartOf(uint64_t hash) const { return (hash >> 56) % workers_.size(); }
  void MergePart(size_t part);
  std::vector<Entry> EntriesOf(size_t part);
  void KeepFirst(size_t part, std::vector<Entry>& entries);
  void CheckMemory(size_t worker);

  const ExecContext& context_;
  std::vector<LogicalType> types_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::vector<Entry>> kept_;  // Of each part; then all in the first.
  MemoryUse memory_;
  size_t next_ = 0;
  std::vector<std::unique_ptr<Column>> columns_;
  ColumnBatch batch_;
};

}  // namespace rem::sql
