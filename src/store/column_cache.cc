#include "store/column_cache.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/check.h"

namespace rem {

ColumnCache::Change::Change(ColumnCache& cache, const Batch& batch) : cache_(cache) {
  const uint64_t before = cache_.clock_.fetch_add(1);
  REM_CHECK(before % 2 == 0);
  stamp_ = before + 2;
  // A table that is opened meanwhile has either been seen here, or sees the odd clock.
  if (cache_.watches_.load()) cache_.Stamp(batch, stamp_);
}

ColumnCache::Change::~Change() {
  // What a failed write has left is for the engine to say, which the next scans ask.
  if (!done_) cache_.Clear();
  cache_.clock_.fetch_add(1);
}

CacheMoment ColumnCache::Now() {
  return {capacity_ == 0 ? nullptr : shared_from_this(), nullptr, nullptr, clock_.load() / 2 * 2,
          moments_.fetch_add(1, std::memory_order_relaxed)};
}

uint64_t ColumnCache::LastStamp() const { return (clock_.load() + 1) / 2 * 2; }

std::shared_ptr<TableColumns> ColumnCache::Open(TenantId tenant, TableId table, uint64_t definition_version) {
  if (capacity_ == 0) return nullptr;
  const std::lock_guard lock(mutex_);
  if (const auto found = tables_.find({tenant, table}); found != tables_.end()) {
    if (found->second->definition_version_ == definition_version) return found->second;
    if (found->second->definition_version_ > definition_version) return nullptr;
    found->second->Detach();
    tables_.erase(found);
  }
  if (tables_.size() >= kMaxTables) DropAll();
  watches_.store(true);
  auto made = std::make_shared<TableColumns>(*this, definition_version, LastStamp());
  tables_.emplace(TableKey{tenant, table}, made);
  return made;
}

void ColumnCache::Clear() {
  const std::lock_guard lock(mutex_);
  DropAll();
}

void ColumnCache::DropAll() {
  for (auto& [key, table] : tables_) table->Detach();
  tables_.clear();
  watches_.store(false);
}

void ColumnCache::Stamp(const Batch& batch, uint64_t stamp) {
  const std::lock_guard lock(mutex_);
  TableKey last_key{0, 0};
  TableColumns* last_table = nullptr;
  uint64_t last_block = UINT64_MAX;
  for (const Batch::Operation& op : batch.operations()) {
    if (op.family != Family::kRows) continue;
    const std::string_view key = batch.key(op);
    if (op.kind == Batch::Kind::kDeleteRange) {
      // Of whole tables and tenants, so all that the range meets is dropped.
      std::erase_if(tables_, [&](auto& entry) {
        const auto& [tenant, table] = entry.first;
        if (TablePrefix(tenant, table + 1) <= key || TablePrefix(tenant, table) >= batch.value(op)) return false;
        entry.second->Detach();
        return true;
      });
      last_key = {0, 0};
      last_table = nullptr;
      continue;
    }
    const TableKey table_key{LoadBig32(key.data()), LoadBig32(key.data() + 4)};
    const uint64_t block = RowIdOfRowKey(key) / kColumnBlockRows;
    if (table_key == last_key && block == last_block) continue;
    if (table_key != last_key) {
      const auto found = tables_.find(table_key);
      last_table = found == tables_.end() ? nullptr : found->second.get();
      last_key = table_key;
    }
    last_block = block;
    if (last_table != nullptr) last_table->Stamp(block, stamp);
  }
}

bool ColumnCache::MakeRoom(size_t bytes) {
  if (bytes > capacity_ / kLargestShare) return false;
  if (memory_bytes() + bytes <= capacity_) return true;
  const std::lock_guard lock(mutex_);
  const uint64_t scan = scans_.load();
  if (Full() || tables_.empty()) return false;
  const uint64_t oldest = scan < kKeptScans ? 0 : scan - kKeptScans;
  auto at = tables_.lower_bound(hand_);
  for (size_t i = 0; i < tables_.size() && memory_bytes() + bytes > capacity_; ++i, ++at) {
    if (at == tables_.end()) at = tables_.begin();
    hand_ = at->first;
    at->second->Evict(oldest, bytes);
  }
  if (memory_bytes() + bytes <= capacity_) return true;
  full_at_ = scan;
  return false;
}

std::optional<std::vector<size_t>> TableColumns::Want(const CacheMoment& moment, const std::vector<std::string>& names,
                                                      bool* again) {
  const std::lock_guard lock(mutex_);
  // The lanes of one scan, and several scans of one statement, count as one.
  const bool other = moment.number != scan_moment_;
  scan_moment_ = moment.number;
  if (other) scan_ = cache_.scans_.fetch_add(1) + 1;
  *again = true;
  std::vector<size_t> numbers;
  for (const std::string& name : names) {
    if (wishes_.size() >= kMaxColumns && !wishes_.contains(name)) return std::nullopt;
    const auto& wish = wishes_.try_emplace(name, Wish{wishes_.size(), moment.number}).first->second;
    *again &= wish.first != moment.number;
    numbers.push_back(wish.number);
  }
  return numbers;
}

ColumnBlockPtr TableColumns::Find(uint64_t block, const CacheMoment& moment) {
  const std::lock_guard lock(mutex_);
  if (detached_ || block >= slots_.size()) return nullptr;
  Slot& slot = slots_[block];
  if (slot.columns == nullptr || slot.last_change > moment.as_of) return nullptr;
  slot.used = scan_;
  return slot.columns;
}

double TableColumns::HeldShare(const std::vector<std::string>& names, uint64_t blocks) {
  const std::lock_guard lock(mutex_);
  std::vector<size_t> numbers;
  for (const std::string& name : names) {
    const auto wish = wishes_.find(name);
    if (wish == wishes_.end()) return 0;
    numbers.push_back(wish->second.number);
  }
  uint64_t held = 0;
  for (const Slot& slot : slots_) {
    if (slot.columns == nullptr) continue;
    const auto has = [&](size_t number) { return slot.columns->column(number) != nullptr; };
    held += std::ranges::all_of(numbers, has) ? 1 : 0;
  }
  return blocks == 0 ? 0 : std::min(1.0, static_cast<double>(held) / static_cast<double>(blocks));
}

void TableColumns::Encode(size_t number, Column& column, size_t rows) {
  std::shared_ptr<CellDictionary> dictionary;
  {
    const std::lock_guard lock(mutex_);
    auto& known = dictionaries_[number];
    if (known == nullptr) known = std::make_shared<CellDictionary>();
    dictionary = known;
  }
  const size_t bytes = dictionary->Encode(column, rows);
  const std::lock_guard lock(mutex_);
  if (detached_) return;
  dictionary_bytes_ += bytes;
  cache_.bytes_ += bytes;
}

void TableColumns::AddLookups(double cost) {
  const std::lock_guard lock(mutex_);
  lookups_ += cost;
}

bool TableColumns::LookupsReach(double price) {
  const std::lock_guard lock(mutex_);
  return lookups_ >= price;
}

bool TableColumns::TakeLookups(const CacheMoment& moment, double price) {
  const std::lock_guard lock(mutex_);
  if (moment.number == paid_moment_) return true;
  if (lookups_ < price) return false;
  lookups_ = 0;
  paid_moment_ = moment.number;
  return true;
}

void TableColumns::Put(uint64_t block, const CacheMoment& moment, ColumnBlock columns) {
  if (block >= kMaxBlocks || !cache_.MakeRoom(columns.memory_bytes())) return;
  const std::lock_guard lock(mutex_);
  if (detached_) return;
  if (block >= slots_.size()) slots_.resize(block + 1, Slot{beyond_change_});
  Slot& slot = slots_[block];
  if (slot.last_change > moment.as_of) return;
  if (slot.columns != nullptr) {
    REM_CHECK(slot.columns->offsets == columns.offsets);
    columns.columns.resize(std::max(columns.columns.size(), slot.columns->columns.size()));
    columns.zones.resize(columns.columns.size());
    for (size_t i = 0; i < slot.columns->columns.size(); ++i) {
      if (columns.columns[i] != nullptr) continue;
      columns.columns[i] = slot.columns->columns[i];
      if (i < slot.columns->zones.size()) columns.zones[i] = slot.columns->zones[i];
    }
  }
  Drop(slot);
  slot.used = scan_;
  slot.bytes = columns.memory_bytes();
  slot.columns = std::make_shared<const ColumnBlock>(std::move(columns));
  cache_.bytes_ += slot.bytes;
}

Selection TableColumns::FindSelection(const std::string& key, const CacheMoment& moment) {
  const std::lock_guard lock(mutex_);
  if (detached_ || last_change_ > moment.as_of) return nullptr;
  const auto found = std::ranges::find(selections_, key, &Held::key);
  if (found == selections_.end()) return nullptr;
  std::rotate(selections_.begin(), found, found + 1);
  return selections_.front().rows;
}

void TableColumns::PutSelection(const std::string& key, const CacheMoment& moment, Selection rows) {
  Held held{key, std::move(rows)};
  const size_t bytes = held.bytes();
  if (!cache_.MakeRoom(bytes)) return;
  const std::lock_guard lock(mutex_);
  if (detached_ || last_change_ > moment.as_of) return;
  if (std::ranges::find(selections_, key, &Held::key) != selections_.end()) return;
  DropSelections(kMostSelections - 1);
  selections_.insert(selections_.begin(), std::move(held));
  cache_.bytes_ += selections_.front().bytes();
}

void TableColumns::DropSelections(size_t keep) {
  for (; selections_.size() > keep; selections_.pop_back()) cache_.bytes_ -= selections_.back().bytes();
}

void TableColumns::Stamp(uint64_t block, uint64_t stamp) {
  const std::lock_guard lock(mutex_);
  last_change_ = stamp;
  DropSelections();
  if (block >= slots_.size()) {
    beyond_change_ = stamp;
    return;
  }
  slots_[block].last_change = stamp;
  Drop(slots_[block]);
}

void TableColumns::Drop(Slot& slot) {
  cache_.bytes_ -= slot.bytes;
  slot.bytes = 0;
  slot.columns.reset();
}

void TableColumns::Detach() {
  const std::lock_guard lock(mutex_);
  detached_ = true;
  DropSelections();
  for (Slot& slot : slots_) Drop(slot);
  slots_.clear();
  cache_.bytes_ -= dictionary_bytes_;
  dictionary_bytes_ = 0;
}

void TableColumns::Evict(uint64_t oldest, size_t bytes) {
  const std::lock_guard lock(mutex_);
  // What is asked again is found again, and sooner than a block is read.
  DropSelections();
  for (Slot& slot : slots_) {
    if (cache_.memory_bytes() + bytes <= cache_.capacity_) return;
    if (slot.columns != nullptr && slot.used < oldest) Drop(slot);
  }
}

}  // namespace rem
