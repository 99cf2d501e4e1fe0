#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "storage/batch.h"
#include "storage/key_space.h"
#include "store/cell_dictionary.h"
#include "store/column_block.h"

namespace rem {

class ColumnCache;
class IndexCache;
class RowCache;
class TableColumns;

/// The rows that a condition lets through, ascending.
using Selection = std::shared_ptr<const std::vector<RowId>>;

/// When a snapshot was taken, as far as the caches have to know.
struct CacheMoment {
  std::shared_ptr<ColumnCache> cache;   ///< nullptr: the reader must not use it.
  std::shared_ptr<RowCache> rows;       ///< Likewise.
  std::shared_ptr<IndexCache> indexes;  ///< Likewise.
  uint64_t as_of = 0;                   ///< Of the cache's write clock, read before the snapshot was made.
  uint64_t number = 0;                  ///< Another one for every moment.
};

/// Decoded columns of stored rows, block by block, so that a scan need not walk the engine's rows again. Derived and
/// droppable: nothing but memory and time is lost with it. Shared by the tenants of a database. Thread-safe.
///
/// Why a reader never sees a wrong block. Writes of the engine come one after the other (CommitQueue), each inside a
/// Change. The write clock is odd while one runs; write W has the end stamp e(W), the even value that the clock takes
/// when W is over, whether it succeeded or not. Before W reaches the engine, every block that it touches gets
/// last_change = e(W) and loses its columns; blocks that are made known later start with the stamp of the write that is
/// running then, or of the last one. A moment reads the clock before its snapshot S is taken, so that S sees all of
/// every W with e(W) <= as_of.
///
/// A block of columns made from a snapshot F is stored only if last_change <= F.as_of at that time, and given to a
/// reader of S only if last_change <= S.as_of at that time, both under the lock under which stamps are set. Take a
/// write W to that block. If it was stamped before S asked, e(W) <= last_change <= S.as_of, so S sees W; and F sees it:
/// had W been stamped after F stored its columns, they would be gone, so it was stamped before, and e(W) <= F.as_of. If
/// W was not yet stamped when S asked, W had not reached the engine then, so neither S nor F, both taken earlier, sees
/// it. S and F hence see the same writes to the block, which means the same rows.
class ColumnCache : public std::enable_shared_from_this<ColumnCache> {
 public:
  /// Takes about `capacity_bytes` at most; 0 keeps nothing.
  explicit ColumnCache(size_t capacity_bytes) : capacity_(capacity_bytes) {}

  /// Around one write of the engine. Writes must not overlap.
  class Change {
   public:
    Change(ColumnCache& cache, const Batch& batch);
    /// Without Done() the write failed, and everything is dropped.
    ~Change();
    Change(const Change&) = delete;
    Change& operator=(const Change&) = delete;
    void Done() { done_ = true; }
    /// e(W) of this write.
    uint64_t stamp() const { return stamp_; }

   private:
    ColumnCache& cache_;
    uint64_t stamp_ = 0;
    bool done_ = false;
  };

  /// For a snapshot that is taken after this call. Without a cache when it is off, but always with a time.
  CacheMoment Now();
  /// The columns of one version of a table's definition; nullptr when the cache is off, or holds a newer version.
  std::shared_ptr<TableColumns> Open(TenantId tenant, TableId table, uint64_t definition_version);
  /// Drops everything.
  void Clear();
  size_t memory_bytes() const { return bytes_.load(std::memory_order_relaxed); }
  size_t capacity_bytes() const { return capacity_; }

 private:
  friend class TableColumns;
  using TableKey = std::pair<TenantId, TableId>;

  /// What a block that becomes known now has to take as its last change.
  uint64_t LastStamp() const;
  void Stamp(const Batch& batch, uint64_t stamp);
  void DropAll();
  /// Evicts until so many bytes fit in. False when they do not.
  bool MakeRoom(size_t bytes);
  bool Full() const { return full_at_.load() == scans_.load(); }

  /// The largest part of the capacity that the columns of one block may take.
  static constexpr size_t kLargestShare = 32;
  /// A block may be evicted once so many scans have begun since it was last used. A table that does not fit keeps what
  /// fits, instead of losing every block before its next scan gets there.
  static constexpr uint64_t kKeptScans = 16;
  static constexpr size_t kMaxTables = 4096;

  const size_t capacity_;
  std::atomic<uint64_t> clock_{0};
  std::atomic<uint64_t> moments_{0};
  std::atomic<uint64_t> scans_{0};
  std::atomic<size_t> bytes_{0};
  std::atomic<bool> watches_{false};  ///< There is any table.
  std::mutex mutex_;                  ///< Taken before those of tables.
  std::map<TableKey, std::shared_ptr<TableColumns>> tables_;
  TableKey hand_{0, 0};                        ///< The table at which the next eviction begins.
  std::atomic<uint64_t> full_at_{UINT64_MAX};  ///< The scan in which nothing could be evicted any more.
};

/// The cached blocks of one table.
class TableColumns {
 public:
  TableColumns(ColumnCache& cache, uint64_t definition_version, uint64_t floor)
      : cache_(cache), definition_version_(definition_version), beyond_change_(floor), last_change_(floor) {}

  /// Says that a scan at this moment begins, and wants the columns with these names. Their numbers; nullopt when there
  /// are too many. `*again` tells whether an earlier scan wanted each of them.
  std::optional<std::vector<size_t>> Want(const CacheMoment& moment, const std::vector<std::string>& names,
                                          bool* again);
  /// nullptr where the block is not held in the state that the moment's snapshot sees.
  ColumnBlockPtr Find(uint64_t block, const CacheMoment& moment);
  /// Numbers the cells of a column that Put will be given; see CellDictionary.
  void Encode(size_t number, Column& column, size_t rows);
  /// Which part of the blocks, of those that have rows, is held with all columns of these names; for a guess at what a
  /// scan costs.
  double HeldShare(const std::vector<std::string>& names, uint64_t blocks);
  /// Says that a statement read rows one by one at `cost` more than their columns would have cost here; in rows that a
  /// scan takes from the engine.
  void AddLookups(double cost);
  /// Whether what AddLookups was told since TakeLookups last said yes has reached `price`.
  bool LookupsReach(double price);
  /// Likewise, for the scan at this moment, which keeps its columns if so; every part of that scan gets the answer of
  /// the first, and for other scans all begins anew.
  bool TakeLookups(const CacheMoment& moment, double price);
  /// Whether Put has any prospect of success in this scan.
  bool MayPut() const { return !cache_.Full(); }
  /// Offers columns read from the moment's snapshot. They join those that the block already has.
  void Put(uint64_t block, const CacheMoment& moment, ColumnBlock columns);

  /// The rows that a condition lets through in the state that the moment's snapshot sees; nullptr where they are not
  /// held. Two conditions have the same `key` only if they let the same rows through, and they ask nothing but the
  /// table's stored rows. Validity is that of blocks, with one stamp for the whole table.
  Selection FindSelection(const std::string& key, const CacheMoment& moment);
  /// Offers what the moment's snapshot gave. The least recently used ones of the table go.
  void PutSelection(const std::string& key, const CacheMoment& moment, Selection rows);

 private:
  friend class ColumnCache;
  struct Slot {
    uint64_t last_change = 0;
    uint64_t used = 0;  ///< The last scan that did.
    ColumnBlockPtr columns;
    size_t bytes = 0;
  };
  struct Wish {
    size_t number = 0;
    uint64_t first = 0;  ///< The moment that wanted it first.
  };
  struct Held {
    std::string key;
    Selection rows;
    size_t bytes() const { return sizeof(Held) + key.capacity() + rows->capacity() * sizeof(RowId); }
  };
  static constexpr size_t kMostSelections = 64;
  static constexpr size_t kMaxColumns = 1024;
  static constexpr uint64_t kMaxBlocks = 1u << 20;

  void Stamp(uint64_t block, uint64_t stamp);
  void Drop(Slot& slot);
  void DropSelections(size_t keep = 0);
  /// Gives up all that it holds, for good.
  void Detach();
  /// Drops blocks that were last used before `oldest`, until the cache has room for `bytes`.
  void Evict(uint64_t oldest, size_t bytes);

  ColumnCache& cache_;
  const uint64_t definition_version_;
  std::mutex mutex_;
  bool detached_ = false;
  uint64_t scan_ = 0;
  uint64_t scan_moment_ = UINT64_MAX;
  uint64_t beyond_change_;  ///< The last change of all blocks that have no slot.
  uint64_t last_change_;    ///< Of any block.
  std::vector<Slot> slots_;
  std::unordered_map<std::string, Wish> wishes_;
  std::map<size_t, std::shared_ptr<CellDictionary>> dictionaries_;
  size_t dictionary_bytes_ = 0;
  double lookups_ = 0;                 ///< What they cost.
  uint64_t paid_moment_ = UINT64_MAX;  ///< Of the scan that was paid for with such costs.
  std::vector<Held> selections_;       ///< The last used first.
};

}  // namespace rem
