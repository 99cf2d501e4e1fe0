#include "storage/rocksdb_iterator.h"

#include <utility>

#include "base/check.h"
#include "storage/status_error.h"

namespace rem {

namespace {

/// One read of this size costs about as much as a seek on a network disk and is short on a local one.
constexpr size_t kSequentialReadAheadBytes = 1u << 20;
/// A scan that takes fewer steps, as that of LIMIT 10 does, reads its few blocks through the cache.
constexpr size_t kStepsBeforeReadAhead = 256;

rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

class RocksDbIterator final : public EngineIterator {
 public:
  RocksDbIterator(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* family, ScanOptions options,
                  const rocksdb::Snapshot* snapshot, std::function<bool()> keeps_blocks)
      : db_(db),
        family_(family),
        lower_bytes_(std::move(options.lower)),
        upper_bytes_(std::move(options.upper)),
        lower_(lower_bytes_),
        upper_(upper_bytes_),
        keeps_blocks_(std::move(keeps_blocks)) {
    read_.snapshot = snapshot;
    read_.fill_cache = options.fill_cache;
    if (!lower_bytes_.empty()) read_.iterate_lower_bound = &lower_;
    if (!upper_bytes_.empty()) read_.iterate_upper_bound = &upper_;
    // Only a snapshot makes another iterator see the same state.
    if (options.sequential && snapshot != nullptr) {
      steps_left_ = kStepsBeforeReadAhead;
    } else if (options.sequential) {
      SetReadAhead();
    }
    Open();
  }

  bool Valid() const override { return valid_; }
  void SeekToFirst() override { iterator_->SeekToFirst(), AfterMove(); }
  void SeekToLast() override { iterator_->SeekToLast(), AfterMove(); }
  void Seek(std::string_view key) override { iterator_->Seek(ToSlice(key)), AfterMove(); }
  void SeekForPrev(std::string_view key) override { iterator_->SeekForPrev(ToSlice(key)), AfterMove(); }
  void Next() override {
    REM_DCHECK(valid_);
    if (steps_left_ != 0 && --steps_left_ == 0) ReadAhead();
    iterator_->Next(), AfterMove();
  }
  void Prev() override {
    REM_DCHECK(valid_);
    iterator_->Prev(), AfterMove();
  }
  std::string_view key() const override { return iterator_->key().ToStringView(); }
  std::string_view value() const override { return iterator_->value().ToStringView(); }

 private:
  void Open() {
    valid_ = false;
    iterator_.reset(db_.NewIterator(read_, family_));
    // Without an own snapshot the iterator has fixed its state here already.
    CheckStatus();
  }

  void SetReadAhead() {
    read_.readahead_size = kSequentialReadAheadBytes;
    if (keeps_blocks_) read_.fill_cache = keeps_blocks_();
  }

  /// Goes on with an iterator that reads ahead, from the key at hand.
  void ReadAhead() {
    const std::string key = iterator_->key().ToString();
    SetReadAhead();
    Open();
    Seek(key);
    REM_CHECK(valid_ && iterator_->key() == rocksdb::Slice(key));
  }

  /// RocksDB becomes invalid both at the end and on an error.
  void AfterMove() {
    valid_ = iterator_->Valid();
    if (!valid_) CheckStatus();
  }
  void CheckStatus() const { ThrowIfFailed(iterator_->status(), "cannot scan the database"); }

  rocksdb::DB& db_;
  rocksdb::ColumnFamilyHandle* const family_;
  // RocksDB keeps pointers to the slices, which point into the strings.
  std::string lower_bytes_;
  std::string upper_bytes_;
  rocksdb::Slice lower_;
  rocksdb::Slice upper_;
  rocksdb::ReadOptions read_;
  std::function<bool()> keeps_blocks_;
  size_t steps_left_ = 0;  ///< Forward, until it reads ahead; 0 where it does already, or never will.
  bool valid_ = false;
  std::unique_ptr<rocksdb::Iterator> iterator_;
};

}  // namespace

std::unique_ptr<EngineIterator> NewRocksDbIterator(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* family,
                                                   ScanOptions options, const rocksdb::Snapshot* snapshot,
                                                   std::function<bool()> keeps_blocks) {
  return std::make_unique<RocksDbIterator>(db, family, std::move(options), snapshot, std::move(keeps_blocks));
}

}  // namespace rem
