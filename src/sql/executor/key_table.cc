#include "sql/executor/key_table.h"

#include "sql/executor/cell_hash.h"

namespace rem::sql {

KeyTable::KeyTable(std::vector<LogicalType> types) {
  for (const LogicalType type : types) keys_.push_back(std::make_unique<Column>(type));
  Resize(64);
}

size_t KeyTable::Place(std::span<const Column* const> columns, size_t row, uint64_t hash) const {
  const size_t mask = slots_.size() - 1;
  const auto tag = static_cast<uint32_t>(hash >> 32);
  for (size_t at = hash & mask;; at = (at + 1) & mask) {
    const Slot& slot = slots_[at];
    if (slot.key == kNone) return at;
    if (slot.tag != tag) continue;
    bool same = true;
    for (size_t i = 0; same && i < keys_.size(); ++i) same = SameCell(*keys_[i], slot.key, *columns[i], row);
    if (same) return at;
  }
}

uint32_t KeyTable::Find(std::span<const Column* const> columns, size_t row, uint64_t hash) const {
  return slots_[Place(columns, row, hash)].key;
}

uint32_t KeyTable::FindOrAdd(std::span<const Column* const> columns, size_t row, uint64_t hash) {
  size_t at = Place(columns, row, hash);
  if (slots_[at].key != kNone) return slots_[at].key;
  if ((size_ + 1) * 2 > slots_.size()) {
    Resize(slots_.size() * 2);
    at = Place(columns, row, hash);
  }
  for (size_t i = 0; i < keys_.size(); ++i) {
    keys_[i]->Grow(size_ + 1);
    keys_[i]->CopyCellDeep(size_, *columns[i], row);
  }
  hashes_.push_back(hash);
  slots_[at] = {static_cast<uint32_t>(size_), static_cast<uint32_t>(hash >> 32)};
  return static_cast<uint32_t>(size_++);
}

void KeyTable::Resize(size_t slots) {
  slots_.assign(slots, Slot{});
  for (size_t key = 0; key < size_; ++key) {
    size_t at = hashes_[key] & (slots - 1);
    while (slots_[at].key != kNone) at = (at + 1) & (slots - 1);
    slots_[at] = {static_cast<uint32_t>(key), static_cast<uint32_t>(hashes_[key] >> 32)};
  }
}

size_t KeyTable::memory_bytes() const {
  size_t bytes = slots_.size() * sizeof(Slot) + hashes_.capacity() * sizeof(uint64_t);
  for (const auto& key : keys_) bytes += key->memory_bytes();
  return bytes;
}

}  // namespace rem::sql
