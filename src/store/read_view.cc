#include "store/read_view.h"

#include "base/bytes.h"
#include "base/check.h"
#include "store/record_entries.h"
#include "store/record_place.h"

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

bool ReadView::GetRow(const Table& table, RowId row, std::string& buffer) const {
  REM_CHECK(table.tenant == tenant_);
  return engine_->Get(Family::kRows, RowKey(tenant_, table.id, row), buffer, snapshot_.get());
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

// The keys of one range of an index, all of whose keys begin with `prefix`.
ScanOptions BoundsOf(const std::string& prefix, const IndexRange& range) {
  std::string nulls = prefix;
  AppendIndexValue(nulls, Value());
  ScanOptions options;
  options.lower = prefix;
  // NULLs sort last, so a range without them ends where they begin.
  options.upper = range.with_nulls ? PrefixEnd(prefix) : nulls;
  if (range.only_nulls) {
    options.lower = nulls;
    options.upper = PrefixEnd(prefix);
  } else if (range.text_prefix) {
    options.lower = prefix;
    AppendIndexTextPrefix(options.lower, *range.text_prefix);
    options.upper = PrefixEnd(options.lower);
  } else {
    // A cut text stands for all texts with its beginning, so a bound that was cut is taken inclusively; the reader
    // compares the row.
    if (range.lower) {
      std::string bound = prefix;
      bool whole = AppendIndexValue(bound, range.lower->value);
      options.lower = range.lower->inclusive || !whole ? bound : PrefixEnd(bound);
    }
    if (range.upper) {
      std::string bound = prefix;
      bool whole = AppendIndexValue(bound, range.upper->value);
      options.upper = range.upper->inclusive || !whole ? PrefixEnd(bound) : bound;
    }
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
  return IndexCursor(engine_->Scan(Family::kIndex, std::move(options)), prefix.size(), reverse);
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
