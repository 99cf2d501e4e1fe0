#include "storage/rocksdb_iterator.h"

#include <utility>

#include "base/check.h"
#include "storage/status_error.h"

namespace rem {

namespace {

/// One read of this size costs about as much as a seek on a network disk and is short on a local one.
constexpr size_t kSequentialReadAheadBytes = 1u << 20;

rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

class RocksDbIterator final : public EngineIterator {
 public:
  RocksDbIterator(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* family, ScanOptions options,
                  const rocksdb::Snapshot* snapshot)
      : lower_bytes_(std::move(options.lower)),
        upper_bytes_(std::move(options.upper)),
        lower_(lower_bytes_),
        upper_(upper_bytes_) {
    rocksdb::ReadOptions read;
    read.snapshot = snapshot;
    read.fill_cache = options.fill_cache;
    if (options.sequential) read.readahead_size = kSequentialReadAheadBytes;
    if (!lower_bytes_.empty()) read.iterate_lower_bound = &lower_;
    if (!upper_bytes_.empty()) read.iterate_upper_bound = &upper_;
    iterator_.reset(db.NewIterator(read, family));
    // Without an own snapshot the iterator has fixed its state here already.
    CheckStatus();
  }

  bool Valid() const override { return iterator_->Valid(); }
  void SeekToFirst() override { iterator_->SeekToFirst(), AfterMove(); }
  void SeekToLast() override { iterator_->SeekToLast(), AfterMove(); }
  void Seek(std::string_view key) override { iterator_->Seek(ToSlice(key)), AfterMove(); }
  void SeekForPrev(std::string_view key) override { iterator_->SeekForPrev(ToSlice(key)), AfterMove(); }
  void Next() override {
    REM_DCHECK(iterator_->Valid());
    iterator_->Next(), AfterMove();
  }
  void Prev() override {
    REM_DCHECK(iterator_->Valid());
    iterator_->Prev(), AfterMove();
  }
  std::string_view key() const override { return iterator_->key().ToStringView(); }
  std::string_view value() const override { return iterator_->value().ToStringView(); }

 private:
  /// RocksDB becomes invalid both at the end and on an error.
  void AfterMove() const {
    if (!iterator_->Valid()) CheckStatus();
  }
  void CheckStatus() const { ThrowIfFailed(iterator_->status(), "cannot scan the database"); }

  // RocksDB keeps pointers to the slices, which point into the strings.
  std::string lower_bytes_;
  std::string upper_bytes_;
  rocksdb::Slice lower_;
  rocksdb::Slice upper_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
};

}  // namespace

std::unique_ptr<EngineIterator> NewRocksDbIterator(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* family,
                                                   ScanOptions options, const rocksdb::Snapshot* snapshot) {
  return std::make_unique<RocksDbIterator>(db, family, std::move(options), snapshot);
}

}  // namespace rem
