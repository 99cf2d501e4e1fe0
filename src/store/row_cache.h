#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "storage/batch.h"
#include "storage/key_space.h"

namespace rem {

/// Rows that follow each other in a table, as they are stored: those of one block of a RowCache, or some of them.
class RowBlock {
 public:
  static constexpr size_t kRows = 32;

  bool Knows(size_t position) const { return (known_ >> position & 1) != 0; }
  /// The row at a position that it knows; nullopt: there is none.
  std::optional<std::string_view> Row(size_t position) const;
  void Set(size_t position, std::optional<std::string_view> row);
  void Forget(size_t position);
  /// Room for all rows, of so many bytes.
  void Reserve(size_t bytes) {
    bytes_.reserve(bytes);
    ends_.reserve(kRows);
  }
  /// Gives back memory that it does not need.
  void Fit();
  bool IsLoose() const { return bytes_.capacity() > bytes_.size() + bytes_.size() / 4; }
  size_t memory_bytes() const { return bytes_.capacity() + ends_.capacity() * sizeof(uint32_t); }

 private:
  size_t IndexOf(size_t position) const;

  uint32_t known_ = 0;
  uint32_t present_ = 0;
  std::vector<uint32_t> ends_;  ///< In bytes_, of each present row.
  std::string bytes_;
};

/// Rows that lookups read and, while there is room, rows that were just written, in memory, so that the next lookup
/// need not ask the engine. Derived and droppable: nothing but time is lost with it. Shared by the tenants of a
/// database. Thread-safe.
///
/// Why a reader never sees a wrong row. It relies on the write clock of the ColumnCache (see there): write W of the
/// engine has the end stamp e(W); a reader's moment, taken before its snapshot S, has as_of, and S sees all of every W
/// with e(W) <= as_of. Apply(W) runs before W reaches the engine. It gives the stamp of each block that W touches the
/// value e(W), and brings the rows that are held there to the state after W; a failed W drops every row before the
/// clock reaches e(W). Blocks may share a stamp, which only makes it newer than needed.
///
/// A row read from a snapshot F is stored only if stamp <= F.as_of at that time, and given to a reader of S only if
/// stamp <= S.as_of at that time, both under the lock under which stamps are set. Take a write W to that row. If it was
/// stamped before S asked, e(W) <= stamp <= S.as_of, so S sees W; and so does what is held: either F was stored after
/// W was stamped, then e(W) <= F.as_of and F sees W, or before, then Apply(W) changed it. If W was not yet stamped when
/// S asked, it had not reached the engine, and neither S nor F nor what is held sees it.
///
/// A row that Apply(V) adds because V writes it is like one of an F that sees V and no later write: V is stamped under
/// the same lock. Of the writes to that row, those before V are over, so that S, which sees V, sees them, and V has
/// overwritten them in what is held; a later W changes what is held, as above.
class RowCache {
 public:
  enum class Answer : uint8_t {
    kUnknown,  ///< Ask the engine.
    kAhead,    ///< Ask the engine, best for the whole block: there is room, and nothing that forbids to store it.
    kAbsent,
    kFound,
  };

  struct Place {
    TenantId tenant;
    TableId table;
    RowId row;
  };

  /// Takes about `capacity_bytes` at most; 0 keeps nothing.
  explicit RowCache(size_t capacity_bytes);

  /// Calls `copy` with the bytes of a row that is found; they live during the call.
  template <typename Copy>
  Answer Find(const Place& place, uint64_t as_of, const Copy& copy) {
    if (capacity_ == 0) return Answer::kUnknown;
    const Key key = KeyOf(place);
    Shard& shard = ShardOf(key);
    const std::lock_guard lock(shard.mutex);
    if (StampOf(shard, key) > as_of) return Answer::kUnknown;
    const auto found = shard.blocks.find(key);
    const size_t position = place.row % RowBlock::kRows;
    if (found == shard.blocks.end() || !found->second.rows.Knows(position))
      return found != shard.blocks.end() && ReadsAhead(shard, found->second) ? Answer::kAhead : Answer::kUnknown;
    found->second.used = true;
    if (found->second.written) MarkAsked(shard, found->second);
    const std::optional<std::string_view> row = found->second.rows.Row(position);
    if (!row) return Answer::kAbsent;
    copy(*row);
    return Answer::kFound;
  }

  /// Offers a row (nullopt: there is none) that the snapshot of a moment holds. Once the cache is full, one offer of a
  /// few is taken: rows that are asked for often get in all the same, and the others cost less.
  void Put(const Place& place, uint64_t as_of, std::optional<std::string_view> row);
  /// Offers what a snapshot holds of the whole block of a row, or of its beginning.
  void PutBlock(const Place& place, uint64_t as_of, RowBlock rows);

  /// Before a write reaches the engine. Writes must not overlap. Keeps the rows that it writes while there is room:
  /// what was just written is often read next. They give way to what lookups read.
  void Apply(const Batch& batch, uint64_t stamp);
  void Clear();

  size_t memory_bytes() const { return bytes_.load(std::memory_order_relaxed); }
  /// Rows that are larger are not kept, and a block is read ahead up to about so many bytes.
  static constexpr size_t kMostRowBytes = 16u << 10;
  static constexpr size_t kMostBlockBytes = 64u << 10;

 private:
  struct Key {
    uint64_t table = 0;  ///< With the tenant in the upper half.
    uint64_t block = 0;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    size_t operator()(const Key& key) const {
      const uint64_t mixed = (key.block ^ key.table * 0x9E3779B97F4A7C15u) * 0xD6E8FEB86659FD93u;
      return mixed ^ mixed >> 32;
    }
  };
  struct Block {
    RowBlock rows;
    size_t bytes = 0;    ///< As counted.
    bool used = false;   ///< Since the hand came by.
    bool ahead = false;  ///< Was read as a whole, as far as that goes.
    /// Was made by a write, and nobody has asked for it yet.
    bool written = false;
  };
  static constexpr size_t kShards = 64;
  static constexpr size_t kStamps = 256;  ///< Of each shard.
  static constexpr size_t kMostStale = 64;
  static constexpr uint32_t kTurnsWhenFull = 4;
  /// Node, key and place in the order of eviction.
  static constexpr size_t kBlockOverhead = 200;
  /// What a block that is not there yet is taken for.
  static constexpr size_t kGuessedBlockBytes = 16u << 10;

  struct Shard {
    std::mutex mutex;
    std::unordered_map<Key, Block, KeyHash> blocks;
    std::deque<Key> order;  ///< Of eviction: a clock. May list blocks that are gone.
    size_t bytes = 0;
    size_t written_bytes = 0;  ///< Of `bytes`, those of blocks that are `written`.
    std::array<uint64_t, kStamps> stamps{};
  };

  static Key KeyOf(const Place& place) {
    return {uint64_t{place.tenant} << 32 | place.table, place.row / RowBlock::kRows};
  }
  Shard& ShardOf(const Key& key) { return shards_[KeyHash()(key) % kShards]; }
  static uint64_t& StampOf(Shard& shard, const Key& key) { return shard.stamps[KeyHash()(key) / kShards % kStamps]; }
  /// A block is read ahead when a second row of it is asked for: of a table whose lookups are few most blocks see one.
  bool ReadsAhead(const Shard& shard, const Block& block) const {
    return !block.ahead && shard.bytes - shard.written_bytes + kGuessedBlockBytes <= capacity_ / kShards;
  }
  bool Admits() const;
  bool HasRoomToWrite(const Shard& shard) const { return shard.bytes < capacity_ / kShards / 8 * 7; }
  void MarkAsked(Shard& shard, Block& block) {
    block.written = false;
    shard.written_bytes -= block.bytes;
    written_bytes_ -= block.bytes;
  }
  /// What one operation of a write does to its block, whose shard is locked. Without Count().
  void Change(Shard& shard, const Key& key, const Batch& batch, const Batch::Operation& op, RowId row);
  void ApplyRange(std::string_view begin, std::string_view end, uint64_t stamp);
  /// The block of a key, made where it is not there.
  Block& Make(Shard& shard, const Key& key);
  /// After a change of a block: counts its bytes, and evicts until they fit. May evict the block itself.
  void Count(Shard& shard, const Key& key, Block& block);
  void Erase(Shard& shard, std::unordered_map<Key, Block, KeyHash>::iterator at);

  const size_t capacity_;
  std::atomic<size_t> bytes_{0};
  std::atomic<size_t> written_bytes_{0};  ///< Of all shards.
  std::unique_ptr<Shard[]> shards_;
};

}  // namespace rem
