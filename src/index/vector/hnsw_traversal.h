#pragma once

#include "index/vector/hnsw_index.h"

// Included by the parts of HnswIndex only: its walks over the graph, for either scorer.

namespace rem {

template <typename Scorer>
HnswIndex::Entry HnswIndex::Descend(const Scorer& scorer, Entry entry, uint32_t to_level,
                                    SearchScratch& scratch) const {
  float nearest = scorer.Score(entry.slot);
  ++scratch.scored;
  scratch.gathered.resize(std::max(store_.layout().links, store_.layout().upper_links));
  scratch.distances.resize(scratch.gathered.size());
  Slot* slots = scratch.gathered.data();
  float* distances = scratch.distances.data();
  for (; entry.level > to_level; --entry.level) {
    for (bool moved = true; moved;) {
      moved = false;
      const uint32_t count = store_.links(entry.slot, entry.level).Load(slots);
      for (uint32_t i = 0; i < count; ++i) scorer.Prefetch(slots[i]);
      scorer.Score(slots, count, distances);
      scratch.scored += count;
      for (uint32_t i = 0; i < count; ++i) {
        if (distances[i] < nearest) {
          nearest = distances[i];
          entry.slot = slots[i];
          moved = true;
        }
      }
    }
  }
  return entry;
}

template <typename Scorer>
void HnswIndex::SearchLevel(const Scorer& scorer, Slot entry, uint32_t level, size_t width,
                            SearchScratch& scratch) const {
  Beam& beam = scratch.beam;
  VisitedSet& visited = scratch.visited;
  visited.Reset(store_.size());
  visited.TestAndSet(entry);
  beam.Reset(width);
  beam.Offer(scorer.Score(entry), entry);
  ++scratch.scored;
  scratch.gathered.resize(std::max(store_.layout().links, store_.layout().upper_links));
  scratch.distances.resize(scratch.gathered.size());
  Slot* gathered = scratch.gathered.data();
  float* distances = scratch.distances.data();
  for (Slot at = beam.TakeNext(); at != kNoSlot; at = beam.TakeNext()) {
    ++scratch.expanded;
    const LinkList links = store_.links(at, level);
    size_t count = 0;
    for (uint32_t i = 0; i < links.capacity; ++i) {
      const uint32_t word = links.words[i].load(std::memory_order_acquire);
      if (word == 0) break;
      if (visited.TestAndSet(word - 1)) continue;
      scorer.Prefetch(word - 1);
      gathered[count++] = word - 1;
    }
    // What lies in front of the beam now is likely, though not sure, to be expanded next.
    if (const Slot next = beam.PeekNext(); next != kNoSlot && level == 0) store_.PrefetchLinks(next);
    scorer.Score(gathered, count, distances);
    scratch.scored += count;
    for (size_t i = 0; i < count; ++i) beam.Offer(distances[i], gathered[i]);
  }
}

}  // namespace rem
