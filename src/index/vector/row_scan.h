#pragma once

#include <cstddef>
#include <cstdint>

#include "index/vector/search_scratch.h"

namespace rem {

/// Of the nodes in scratch.slots, leaves those whose byte codes have to be looked at to find the `limit` nearest: the
/// `ef` nearest by their bits, and all others that may be nearer than the limit-th of these, given how much bits err
/// (three standard deviations; RaBitQ's bound). Near a query that is few; where a filter leaves only rows far from it,
/// many of them lie equally far, and bits alone would choose at random.
///
/// Many nodes get a coarser look first, with one bit an element of the query too.
void KeepLikelyNearest(const NodeStore& store, size_t ef, size_t limit, SearchScratch& scratch);

/// out[i]: in how many bits others[i] differs from `bits`, all of `words` words. For the processor that runs.
void CountDifferingBits(const uint64_t* bits, const uint64_t* const* others, size_t count, size_t words, uint32_t* out);
/// The same in plain loops: defines the answer.
void CountDifferingBitsScalar(const uint64_t* bits, const uint64_t* const* others, size_t count, size_t words,
                              uint32_t* out);

}  // namespace rem
