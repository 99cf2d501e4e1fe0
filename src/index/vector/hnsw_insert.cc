#include <algorithm>

#include "index/vector/code_scorer.h"
#include "index/vector/hnsw_index.h"
#include "index/vector/hnsw_traversal.h"

namespace rem {

namespace {

// Equal vectors have equal factors, and hardly any others have.
bool SameCode(const NodeHeader& a, const NodeHeader& b) {
  return a.code_factor == b.code_factor && a.bits_factor == b.bits_factor && a.add == b.add;
}

bool Nearer(const Neighbour& a, const Neighbour& b) { return a.distance < b.distance; }

}  // namespace

bool HnswIndex::Insert(uint64_t row, std::span<const float> vector) {
  std::shared_lock changing(changing_);
  std::lock_guard row_lock(row_locks_[row % row_locks_.size()]);
  thread_local EncodedVector encoded;
  if (row >= RowSlots::kMaxRows || !encoder_.Encode(vector, encoded)) {
    RemoveLocked(row);
    return false;
  }
  const Slot slot = TakeSlot();
  WriteNode(slot, row, encoded);
  {
    ScratchPool::Lease lease(scratch_);
    Link(slot, *lease);
  }
  RemoveLocked(row);
  rows_.Set(row, slot);
  live_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

bool HnswIndex::Remove(uint64_t row) {
  std::shared_lock changing(changing_);
  std::lock_guard row_lock(row_locks_[row % row_locks_.size()]);
  if (!Contains(row)) return false;
  RemoveLocked(row);
  return true;
}

void HnswIndex::RemoveLocked(uint64_t row) {
  const Slot slot = rows_.Find(row);
  if (slot == kNoSlot) return;
  rows_.Set(row, kNoSlot);
  store_.header(slot).state.fetch_or(kDeletedNode, std::memory_order_acq_rel);
  live_.fetch_sub(1, std::memory_order_relaxed);
  removed_.fetch_add(1, std::memory_order_relaxed);
}

void HnswIndex::Link(Slot slot, SearchScratch& scratch) {
  const uint32_t top = store_.level(slot);
  Entry entry = LoadEntry();
  if (entry.slot == kNoSlot) {
    // The first node. Two at once: one of them becomes the entry point, the other is linked to it.
    RaiseEntry(slot, top);
    entry = LoadEntry();
    if (entry.slot == slot) return;
  }
  const ByteScorer scorer(store_, encoder_, slot);
  if (entry.level > top) entry = Descend(scorer, entry, top, scratch);
  for (uint32_t level = std::min(top, entry.level) + 1; level-- > 0;) {
    SearchLevel(scorer, entry.slot, level, options_.ef_construction, scratch);
    std::vector<Neighbour>& chosen = scratch.candidates;
    chosen.clear();
    for (size_t i = 0; i < scratch.beam.size(); ++i) {
      const Neighbour found = scratch.beam[i];
      if (found.slot != slot && !store_.deleted(found.slot)) chosen.push_back(found);
    }
    if (scratch.beam.size() > 0) entry.slot = scratch.beam[0].slot;
    SelectNeighbours(slot, chosen, options_.m);
    scratch.slots.clear();
    for (const Neighbour& neighbour : chosen) scratch.slots.push_back(neighbour.slot);
    {
      std::lock_guard lock(LinkLock(slot));
      store_.links(slot, level).Store(scratch.slots.data(), static_cast<uint32_t>(scratch.slots.size()));
    }
    for (const Slot neighbour : scratch.slots) LinkBack(neighbour, slot, level, scratch);
  }
  RaiseEntry(slot, top);
}

void HnswIndex::LinkBack(Slot from, Slot to, uint32_t level, SearchScratch& scratch) {
  std::lock_guard lock(LinkLock(from));
  const LinkList links = store_.links(from, level);
  scratch.gathered.resize(size_t{links.capacity} + 1);
  Slot* slots = scratch.gathered.data();
  uint32_t count = links.Load(slots);
  if (std::find(slots, slots + count, to) != slots + count) return;
  if (count < links.capacity) {
    links.words[count].store(to + 1, std::memory_order_release);
    return;
  }
  slots[count++] = to;
  scratch.distances.resize(count);
  ByteScorer(store_, encoder_, from).Score(slots, count, scratch.distances.data());
  std::vector<Neighbour>& chosen = scratch.candidates;
  chosen.clear();
  for (uint32_t i = 0; i < count; ++i) chosen.push_back({scratch.distances[i], slots[i]});
  std::sort(chosen.begin(), chosen.end(), Nearer);
  SelectNeighbours(from, chosen, links.capacity);
  for (size_t i = 0; i < chosen.size(); ++i) slots[i] = chosen[i].slot;
  links.Store(slots, static_cast<uint32_t>(chosen.size()));
}

void HnswIndex::SelectNeighbours(Slot origin, std::vector<Neighbour>& candidates, uint32_t limit) const {
  // Copies of the origin's vector would crowd out all other links, and a copy is nearer to everything else than the
  // origin or just as near: a group of equal vectors would become an island. So few are kept, and they hide nothing.
  const uint32_t most_copies = std::max(limit / 4, 1u);
  std::vector<Slot> kept_copies;
  size_t kept = 0;
  for (const Neighbour candidate : candidates) {
    if (kept + kept_copies.size() == limit) break;
    if (SameCode(store_.header(origin), store_.header(candidate.slot))) {
      if (kept_copies.size() < most_copies) kept_copies.push_back(candidate.slot);
      continue;
    }
    const ByteScorer scorer(store_, encoder_, candidate.slot);
    bool good = true;
    for (size_t i = 0; i < kept && good; ++i) good = !(scorer.Score(candidates[i].slot) < candidate.distance);
    if (good) candidates[kept++] = candidate;
  }
  candidates.resize(kept);
  for (const Slot copy : kept_copies) candidates.push_back({0, copy});
}

void HnswIndex::Repair() {
  std::unique_lock changing(changing_);
  if (removed() == 0) return;
  ScratchPool::Lease lease(scratch_);
  SearchScratch& scratch = *lease;
  const Slot end = store_.size();
  std::vector<Slot> removed_slots;
  Entry best;
  for (Slot slot = 0; slot < end; ++slot) {
    const uint32_t top = store_.level(slot);
    if (store_.deleted(slot)) {
      // A freed slot has no row.
      if (store_.row(slot).load() != kFreedRow) removed_slots.push_back(slot);
      continue;
    }
    if (best.slot == kNoSlot || top > best.level) best = {slot, top};
    for (uint32_t level = 0; level <= top; ++level) RepairNode(slot, level, scratch);
  }
  std::lock_guard state(state_mutex_);
  const Entry entry = LoadEntry();
  if (entry.slot != kNoSlot && store_.deleted(entry.slot)) {
    entry_.store(best.slot == kNoSlot ? 0 : uint64_t{best.level} << 32 | (best.slot + 1), std::memory_order_release);
  }
  for (const Slot slot : removed_slots) {
    store_.row(slot).store(kFreedRow, std::memory_order_release);
    for (uint32_t level = 0; level <= store_.level(slot); ++level) store_.links(slot, level).Store(nullptr, 0);
    free_.push_back({slot, gate_.epoch()});
  }
  removed_.store(0, std::memory_order_relaxed);
}

bool HnswIndex::Scrub() {
  std::lock_guard state(state_mutex_);
  for (FreedSlot& freed : free_) {
    if (freed.scrubbed) continue;
    if (!gate_.Passed(freed.epoch)) return false;
    NodeHeader& header = store_.header(freed.slot);
    header.bits_factor = header.code_factor = header.add = 0;
    std::fill_n(store_.code(freed.slot), store_.layout().code_bytes, int8_t{0});
    std::fill_n(store_.bits(freed.slot), store_.layout().bit_words, uint64_t{0});
    freed.scrubbed = true;
  }
  return true;
}

void HnswIndex::RepairNode(Slot slot, uint32_t level, SearchScratch& scratch) {
  const LinkList links = store_.links(slot, level);
  scratch.gathered.resize(links.capacity);
  const uint32_t count = links.Load(scratch.gathered.data());
  scratch.slots.clear();
  bool broken = false;
  std::vector<Slot> next(links.capacity);
  for (uint32_t i = 0; i < count; ++i) {
    const Slot neighbour = scratch.gathered[i];
    if (!store_.deleted(neighbour)) {
      scratch.slots.push_back(neighbour);
      continue;
    }
    broken = true;
    const uint32_t beyond = store_.links(neighbour, level).Load(next.data());
    for (uint32_t j = 0; j < beyond; ++j) {
      if (next[j] != slot && !store_.deleted(next[j])) scratch.slots.push_back(next[j]);
    }
  }
  if (!broken) return;
  std::vector<Slot>& slots = scratch.slots;
  std::sort(slots.begin(), slots.end());
  slots.erase(std::unique(slots.begin(), slots.end()), slots.end());
  scratch.distances.resize(slots.size());
  ByteScorer(store_, encoder_, slot).Score(slots.data(), slots.size(), scratch.distances.data());
  std::vector<Neighbour>& chosen = scratch.candidates;
  chosen.clear();
  for (size_t i = 0; i < slots.size(); ++i) chosen.push_back({scratch.distances[i], slots[i]});
  std::sort(chosen.begin(), chosen.end(), Nearer);
  SelectNeighbours(slot, chosen, links.capacity);
  for (size_t i = 0; i < chosen.size(); ++i) scratch.gathered[i] = chosen[i].slot;
  links.Store(scratch.gathered.data(), static_cast<uint32_t>(chosen.size()));
}

}  // namespace rem
