#include "store/read_view.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/check.h"
#include "store/cached_index_iterator.h"
#include "store/record_entries.h"
#include "store/record_place.h"
#include "store/row_cache.h"

namespace rem {

RowCursor::RowCursor(std::unique_ptr<EngineIterator> iterator, const KeyDictionary* keys, bool with_deleted)
    : iterator_(std::move(iterator)), keys_(keys), with_deleted_(with_deleted) {}

bool RowCursor::Next() {
  for (;;) {
    if (started_) {
      iterator_->Next();
    } else {
      iterator_->SeekToFirst();
      started_ = true;
    }
    if (!iterator_->Valid()) return false;
    row_.emplace(iterator_->value(), keys_);
    if (with_deleted_ || !row_->deleted()) return true;
  }
}

RowId RowCursor::row_id() const { return RowIdOfRowKey(iterator_->key()); }

IndexCursor::IndexCursor(std::unique_ptr<EngineIterator> iterator, size_t prefix_bytes, bool reverse)
    : iterator_(std::move(iterator)), prefix_bytes_(prefix_bytes), reverse_(reverse) {}

bool IndexCursor::Next() {
  if (!started_) {
    started_ = true;
    if (reverse_) {
      iterator_->SeekToLast();
    } else {
      iterator_->SeekToFirst();
    }
  } else if (reverse_) {
    iterator_->Prev();
  } else {
    iterator_->Next();
  }
  return iterator_->Valid();
}

RowId IndexCursor::row_id() const { return RowIdOfIndexKey(iterator_->key()); }

Value IndexCursor::value(bool* cut) const {
  std::string_view key = iterator_->key();
  key.remove_prefix(prefix_bytes_);
  return TakeIndexValue(key, KeyOrder::kAscending, cut);
}

ReadView::ReadView(std::shared_ptr<const Engine> engine, TenantId tenant,
                   std::shared_ptr<const EngineSnapshot> snapshot, CacheMoment moment, VectorAccess vectors)
    : engine_(std::move(engine)),
      tenant_(tenant),
      snapshot_(std::move(snapshot)),
      moment_(std::move(moment)),
      vectors_(std::move(vectors)) {}

std::shared_ptr<TableColumns> ReadView::Columns(const Table& table) const {
  REM_CHECK(table.tenant == tenant_);
  return moment_.cache == nullptr ? nullptr : moment_.cache->Open(tenant_, table.id, table.definition_version);
}

RowCursor ReadView::ScanRows(const Table& table, RowId begin, RowId end, bool with_deleted) const {
  REM_CHECK(table.tenant == tenant_);
  ScanOptions options;
  options.snapshot = snapshot_.get();
  options.lower = RowKey(tenant_, table.id, begin);
  options.upper = end == UINT64_MAX ? TablePrefix(tenant_, table.id + 1) : RowKey(tenant_, table.id, end);
  options.sequential = true;
  return RowCursor(engine_->Scan(Family::kRows, std::move(options)), table.keys.get(), with_deleted);
}

/// The row cache, as far as a view may use it.
class CachedRows {
 public:
  CachedRows(const ReadView& view, const Table& table) : view_(view), table_(table), cache_(view.moment_.rows.get()) {}

  /// Looks for a row, and reads its neighbours into the cache while `blocks_ahead` allows.
  template <typename Copy>
  RowCache::Answer Find(RowId row, size_t& blocks_ahead, const Copy& copy) const {
    if (!CanHold(row)) return RowCache::Answer::kUnknown;
    const RowCache::Answer answer = cache_->Find(PlaceOf(row), view_.moment_.as_of, copy);
    if (answer != RowCache::Answer::kAhead || blocks_ahead == 0) return answer;
    --blocks_ahead;
    ReadAhead(row);
    return cache_->Find(PlaceOf(row), view_.moment_.as_of, copy);
  }
  /// Takes what the engine has.
  void Offer(RowId row, std::optional<std::string_view> bytes) const {
    if (CanHold(row)) cache_->Put(PlaceOf(row), view_.moment_.as_of, bytes);
  }

 private:
  // The last block of all row ids has no end that could be written.
  bool CanHold(RowId row) const { return cache_ != nullptr && row < UINT64_MAX - 2 * RowBlock::kRows; }
  RowCache::Place PlaceOf(RowId row) const { return {view_.tenant_, table_.id, row}; }

  void ReadAhead(RowId row) const {
    const RowId first = row / RowBlock::kRows * RowBlock::kRows;
    ScanOptions options;
    options.snapshot = view_.snapshot_.get();
    options.lower = RowKey(view_.tenant_, table_.id, first);
    options.upper = RowKey(view_.tenant_, table_.id, first + RowBlock::kRows);
    const auto it = view_.engine_->Scan(Family::kRows, std::move(options));
    RowBlock block;
    size_t at = 0, bytes = 0;
    for (it->SeekToFirst(); it->Valid(); it->Next(), ++at) {
      // Most rows of a table are about as large as the first of them.
      if (bytes == 0) block.Reserve(std::min(RowBlock::kRows * (it->value().size() + 16), RowCache::kMostBlockBytes));
      for (const size_t position = RowIdOfRowKey(it->key()) - first; at < position; ++at) block.Set(at, std::nullopt);
      bytes += it->value().size();
      if (bytes > RowCache::kMostBlockBytes) break;
      if (it->value().size() <= RowCache::kMostRowBytes) block.Set(at, it->value());
    }
    if (bytes <= RowCache::kMostBlockBytes)
      for (; at < RowBlock::kRows; ++at) block.Set(at, std::nullopt);
    cache_->PutBlock(PlaceOf(row), view_.moment_.as_of, std::move(block));
  }

  const ReadView& view_;
  const Table& table_;
  RowCache* const cache_;
};

bool ReadView::GetRow(const Table& table, RowId row, std::string& buffer) const {
  REM_CHECK(table.tenant == tenant_);
  const CachedRows cached(*this, table);
  size_t blocks_ahead = 1;
  const auto answer = cached.Find(row, blocks_ahead, [&](std::string_view bytes) { buffer.assign(bytes); });
  if (answer == RowCache::Answer::kFound) return true;
  if (answer == RowCache::Answer::kAbsent) return false;
  const bool found = engine_->Get(Family::kRows, RowKey(tenant_, table.id, row), buffer, snapshot_.get());
  cached.Offer(row, found ? std::optional<std::string_view>(buffer) : std::nullopt);
  return found;
}

void ReadView::GetRows(const Table& table, std::span<const RowId> rows, Arena& arena,
                       std::vector<std::string_view>& out) const {
  REM_CHECK(table.tenant == tenant_);
  out.assign(rows.size(), {});
  const CachedRows cached(*this, table);
  // From so many rows on, asking for all at once is faster than one by one.
  constexpr size_t kMultiGetRows = 4;
  // Reading ahead takes some times as long as reading; the share keeps one query from paying for all that follow.
  size_t blocks_ahead = rows.size() / 4 + 1;
  std::vector<std::string> keys;
  std::vector<uint32_t> places;
  std::string buffer;
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto answer = cached.Find(rows[i], blocks_ahead, [&](std::string_view bytes) { out[i] = arena.Copy(bytes); });
    if (answer == RowCache::Answer::kFound || answer == RowCache::Answer::kAbsent) continue;
    keys.push_back(RowKey(tenant_, table.id, rows[i]));
    places.push_back(static_cast<uint32_t>(i));
  }
  const auto take = [&](size_t i, const std::optional<std::string_view>& bytes) {
    if (bytes) out[places[i]] = arena.Copy(*bytes);
    cached.Offer(rows[places[i]], bytes);
  };
  if (keys.size() < kMultiGetRows) {
    for (size_t i = 0; i < keys.size(); ++i) {
      const bool found = engine_->Get(Family::kRows, keys[i], buffer, snapshot_.get());
      take(i, found ? std::optional<std::string_view>(buffer) : std::nullopt);
    }
    return;
  }
  const auto found = engine_->MultiGet(Family::kRows, keys, snapshot_.get());
  for (size_t i = 0; i < keys.size(); ++i)
    take(i, found[i] ? std::optional<std::string_view>(*found[i]) : std::nullopt);
}

std::vector<std::optional<std::string>> ReadView::GetRows(const Table& table, std::span<const RowId> rows) const {
  REM_CHECK(table.tenant == tenant_);
  std::vector<std::string> keys;
  keys.reserve(rows.size());
  for (RowId row : rows) keys.push_back(RowKey(tenant_, table.id, row));
  return engine_->MultiGet(Family::kRows, keys, snapshot_.get());
}

std::optional<std::pair<TableId, RowId>> ReadView::FindId(const Uuid& id) const {
  std::string value;
  if (!engine_->Get(Family::kIds, IdKey(tenant_, id), value, snapshot_.get())) return std::nullopt;
  return DecodeRecordPlace(value);
}

namespace {

/// Most encoded values take less.
constexpr size_t kPointBytes = 48;

// The keys of one range of an index, all of whose keys begin with `prefix`.
ScanOptions BoundsOf(const std::string& prefix, const IndexRange& range) {
  const auto nulls = [&] {
    std::string key = prefix;
    AppendIndexValue(key, Value());
    return key;
  };
  ScanOptions options;
  options.lower = prefix;
  if (range.only_nulls) {
    options.lower = nulls();
    options.upper = PrefixEnd(prefix);
    return options;
  }
  if (range.text_prefix) {
    AppendIndexTextPrefix(options.lower, *range.text_prefix);
    options.upper = PrefixEnd(options.lower);
    return options;
  }
  // A cut text stands for all texts with its beginning, so a bound that was cut is taken inclusively; the reader
  // compares the row.
  if (range.lower && range.upper && range.lower->inclusive && range.upper->inclusive &&
      range.lower->value == range.upper->value) {
    options.lower.reserve(prefix.size() + kPointBytes);
    AppendIndexValue(options.lower, range.lower->value);
    options.upper = PrefixEnd(options.lower);
    return options;
  }
  if (range.lower) {
    const bool whole = AppendIndexValue(options.lower, range.lower->value);
    if (whole && !range.lower->inclusive) options.lower = PrefixEnd(options.lower);
  }
  if (range.upper) {
    options.upper = prefix;
    const bool whole = AppendIndexValue(options.upper, range.upper->value);
    if (range.upper->inclusive || !whole) options.upper = PrefixEnd(options.upper);
  } else {
    // NULLs sort last, so a range without them ends where they begin.
    options.upper = range.with_nulls ? PrefixEnd(prefix) : nulls();
  }
  return options;
}

}  // namespace

double ReadView::IndexShare(const IndexDefinition& index, const IndexRange& range) const {
  const std::string prefix = IndexPrefix(tenant_, index.id);
  const ScanOptions bounds = BoundsOf(prefix, range);
  const auto whole = static_cast<double>(engine_->ApproximateSize(Family::kIndex, prefix, PrefixEnd(prefix)));
  const auto part = static_cast<double>(engine_->ApproximateSize(Family::kIndex, bounds.lower, bounds.upper));
  return whole <= 0 ? 0 : part / whole;
}

IndexCursor ReadView::ScanIndex(const IndexDefinition& index, const IndexRange& range, bool reverse) const {
  const std::string prefix = IndexPrefix(tenant_, index.id);
  ScanOptions options = BoundsOf(prefix, range);
  options.snapshot = snapshot_.get();
  // Without a snapshot the pieces of a walk would not belong together.
  auto runs = moment_.indexes == nullptr || snapshot_ == nullptr ? nullptr : moment_.indexes->Open(tenant_, index.id);
  auto entries = runs == nullptr ? engine_->Scan(Family::kIndex, std::move(options))
                                 : NewCachedIndexIterator(*engine_, *moment_.indexes, std::move(runs), moment_.as_of,
                                                          std::move(options));
  return IndexCursor(std::move(entries), prefix.size(), reverse);
}

std::vector<std::pair<TableId, RowId>> ReadView::FindByLookup(std::string_view text, size_t limit) const {
  std::vector<std::pair<TableId, RowId>> found;
  std::string folded = FoldLookupText(text);
  if (folded.empty()) return found;
  std::string prefix = LookupPrefix(tenant_, folded);
  auto it = engine_->Scan(Family::kLookup, {.snapshot = snapshot_.get(), .lower = prefix, .upper = PrefixEnd(prefix)});
  for (it->SeekToFirst(); it->Valid() && found.size() < limit; it->Next()) {
    std::string_view key = it->key();
    key.remove_prefix(prefix.size());
    REM_CHECK(key.size() == 12);
    found.emplace_back(LoadBig32(key.data()), LoadBig64(key.data() + 4));
  }
  return found;
}

bool ReadView::GetVector(const Table& table, const VectorColumn& column, RowId row, VectorValue& out) const {
  REM_CHECK(table.tenant == tenant_);
  std::string value;
  if (!engine_->Get(Family::kVectors, VectorKey(tenant_, table.id, column.number, row), value, snapshot_.get()))
    return false;
  out.resize(value.size() / sizeof(float));
  std::memcpy(out.data(), value.data(), out.size() * sizeof(float));
  return true;
}

void ReadView::ScanVectors(const Table& table, const VectorColumn& column,
                           const std::function<bool(RowId, std::span<const float>)>& visit) const {
  REM_CHECK(table.tenant == tenant_);
  std::string prefix = VectorPrefix(tenant_, table.id, column.number);
  auto it = engine_->Scan(
      Family::kVectors, {.snapshot = snapshot_.get(), .lower = prefix, .upper = PrefixEnd(prefix), .sequential = true});
  VectorValue aligned;
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    std::string_view bytes = it->value();
    aligned.resize(bytes.size() / sizeof(float));
    std::memcpy(aligned.data(), bytes.data(), aligned.size() * sizeof(float));
    RowId row = LoadBig64(it->key().data() + prefix.size());
    if (!visit(row, aligned)) return;
  }
}

uint64_t ReadView::ApproximateBytes(const Table& table) const {
  return engine_->ApproximateSize(Family::kRows, TablePrefix(tenant_, table.id), TablePrefix(tenant_, table.id + 1));
}

}  // namespace rem
