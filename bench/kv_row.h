#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include <rem/uuid.h>

#include "base/random.h"

namespace rem::bench {

/// One record of the KV/ENTITY workload: a JSON document of about 300 bytes with three indexed fields (category,
/// author, views) and one that is not indexed (rating). A pure function of its number.
struct KvRow {
  Uuid id;
  std::string category;
  std::string author;
  int64_t views = 0;
  double rating = 0;
  std::string json;
};

inline constexpr int64_t kMaxViews = 1'000'000;

/// Ids are scattered, so that lookups by id are random accesses.
inline Uuid KvId(uint64_t number) {
  Random random(number * 0x9e3779b97f4a7c15 + 17);
  Uuid id;
  for (size_t i = 0; i < 16; i += 8) {
    uint64_t bits = random.Next();
    for (size_t j = 0; j < 8; ++j, bits >>= 8) id.bytes[i + j] = static_cast<uint8_t>(bits);
  }
  // Version 4, as a client makes them.
  id.bytes[6] = static_cast<uint8_t>((id.bytes[6] & 0x0f) | 0x40);
  id.bytes[8] = static_cast<uint8_t>((id.bytes[8] & 0x3f) | 0x80);
  return id;
}

inline KvRow MakeKvRow(uint64_t number, bool with_id = true) {
  Random random(number + 1);
  char text[640];
  KvRow row;
  row.id = KvId(number);
  std::snprintf(text, sizeof text, "cat%02u", static_cast<unsigned>(random.Below(20)));
  row.category = text;
  std::snprintf(text, sizeof text, "author%04u", static_cast<unsigned>(random.Below(1000)));
  row.author = text;
  row.views = static_cast<int64_t>(random.Below(kMaxViews));
  row.rating = static_cast<double>(100 + random.Below(401)) / 100;
  const auto status = static_cast<unsigned>(random.Below(4));
  // Words of seven letters out of sixteen: compresses like text, not like a run of one letter.
  char content[161];
  for (size_t i = 0; i < 160; i += 8) {
    uint64_t bits = random.Next();
    for (size_t j = 0; j < 8; ++j, bits >>= 8) content[i + j] = j == 7 ? ' ' : static_cast<char>('a' + (bits & 15));
  }
  content[160] = 0;
  const std::string id = with_id ? "\"id\":\"" + row.id.ToString() + "\"," : "";
  std::snprintf(
      text, sizeof text,
      "{%s\"category\":\"%s\",\"status\":\"s%u\",\"author\":\"%s\",\"views\":%lld,\"rating\":%.2f,\"content\":\"%s\"}",
      id.c_str(), row.category.c_str(), status, row.author.c_str(), static_cast<long long>(row.views), row.rating,
      content);
  row.json = text;
  return row;
}

inline std::vector<KvRow> MakeKvRows(uint64_t first, size_t count, bool with_id = true) {
  std::vector<KvRow> rows;
  rows.reserve(count);
  for (size_t i = 0; i < count; ++i) rows.push_back(MakeKvRow(first + i, with_id));
  return rows;
}

}  // namespace rem::bench
