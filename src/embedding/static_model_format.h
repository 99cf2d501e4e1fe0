#pragma once

#include <cstddef>
#include <cstdint>

namespace rem {

/// The first bytes of a static model's file, little-endian (docs/formats/static_model.md). The sections follow in the
/// order of StaticModelSections, each aligned to kModelAlignment.
struct StaticModelHeader {
  char magic[8];
  uint32_t format;
  uint32_t version;
  uint32_t dimension;
  /// Of an element: 8.
  uint32_t bits;
  uint32_t tokens;
  uint32_t slots;
  /// What each element of a rare word's vector adds to or takes from the integer sums.
  int32_t rare_word_element;
  uint32_t token_text_bytes;
  uint64_t file_bytes;
  /// XXH3 of everything behind the header.
  uint64_t checksum;
  char name[32];
  char reserved[32];
  /// XXH3 of the header before it.
  uint64_t header_checksum;
};
static_assert(sizeof(StaticModelHeader) == 128);

inline constexpr char kModelMagic[8] = {'R', 'E', 'M', 'M', 'O', 'D', 'E', 'L'};
inline constexpr size_t kModelAlignment = 64;
/// A row's weight is a 15-bit number, so that its product with an element fits 16 x 16 bits.
inline constexpr int32_t kMaxRowWeight = 32767;

/// Where the sections begin.
struct StaticModelSections {
  size_t slots, row_weights, rows, token_ends, token_text, end;

  explicit StaticModelSections(const StaticModelHeader& h) {
    const auto align = [](size_t at) { return (at + kModelAlignment - 1) / kModelAlignment * kModelAlignment; };
    slots = sizeof(StaticModelHeader);
    row_weights = align(slots + size_t{h.slots} * sizeof(uint64_t));
    rows = align(row_weights + size_t{h.tokens} * sizeof(uint16_t));
    token_ends = align(rows + size_t{h.tokens} * h.dimension);
    token_text = align(token_ends + size_t{h.tokens} * sizeof(uint32_t));
    end = token_text + h.token_text_bytes;
  }
};

}  // namespace rem
