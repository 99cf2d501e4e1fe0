#include <fmt/format.h>

#include <rem/error.h>

#include "base/bytes.h"
#include "base/utf8.h"
#include "storage/key_codec.h"
#include "storage/key_space.h"

namespace rem {

namespace {

/// Text in double quotes; control characters and anything that is not UTF-8 as \xNN, so that a terminal shows one
/// harmless line.
std::string Quote(std::string_view text) {
  const bool utf8 = IsValidUtf8(text);
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte < 0x20 || byte == 0x7F || (byte >= 0x80 && !utf8)) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out.push_back(c);
    }
  }
  return out + "\"";
}

uint16_t LoadBig16(const char* from) { return __builtin_bswap16(LoadFixed<uint16_t>(from)); }

std::string Damaged(std::string_view family, std::string_view key, std::string_view what) {
  constexpr size_t kShownBytes = 64;
  return fmt::format("{} damaged key ({}), {} bytes: {}{}", family, what, key.size(), ToHex(key.substr(0, kShownBytes)),
                     key.size() > kShownBytes ? "..." : "");
}

std::string DescribeMetaKey(std::string_view key) {
  if (key.size() < 5) return Damaged("meta", key, "shorter than tenant and kind");
  const TenantId tenant = LoadBig32(key.data());
  const std::string_view rest = key.substr(5);
  const std::string start = fmt::format("meta tenant={} ", tenant);
  switch (static_cast<MetaKind>(key[4])) {
    case MetaKind::kDatabase:
      if (!rest.empty()) break;
      return start + "database";
    case MetaKind::kTenant:
      return start + "tenant name=" + Quote(rest);
    case MetaKind::kTable:
      if (rest.size() != 4) break;
      return start + fmt::format("definition of table={}", LoadBig32(rest.data()));
    case MetaKind::kKeyName:
      if (rest.size() != 8) break;
      return start + fmt::format("name of table={} key={}", LoadBig32(rest.data()), LoadBig32(rest.data() + 4));
    case MetaKind::kCounters:
      if (!rest.empty()) break;
      return start + "counters";
    case MetaKind::kRowFloor:
      if (rest.size() != 4) break;
      return start + fmt::format("row floor of table={}", LoadBig32(rest.data()));
    case MetaKind::kStatistics:
      if (rest.size() != 4) break;
      return start + fmt::format("statistics of table={}", LoadBig32(rest.data()));
    case MetaKind::kCheckpoint:
      return start + "checkpoint of consumer=" + Quote(rest);
    case MetaKind::kSequence:
      if (rest.size() < 4) break;
      return start + fmt::format("sequence of table={} column={}", LoadBig32(rest.data()), Quote(rest.substr(4)));
    case MetaKind::kPendingEmbedding:
    case MetaKind::kFailedEmbedding:
      if (rest.size() != 14) break;
      return start + fmt::format("{} embedding of table={} column={} row={}",
                                 static_cast<MetaKind>(key[4]) == MetaKind::kFailedEmbedding ? "failed" : "pending",
                                 LoadBig32(rest.data()), LoadBig16(rest.data() + 4), LoadBig64(rest.data() + 6));
    default:
      return Damaged("meta", key, fmt::format("unknown kind 0x{:02x}", static_cast<uint8_t>(key[4])));
  }
  return Damaged("meta", key, "wrong size for its kind");
}

std::string DescribeIndexKey(std::string_view key) {
  if (key.size() < 16) return Damaged("index", key, "shorter than tenant, index and row");
  std::string out = fmt::format("index tenant={} index={} values=(", LoadBig32(key.data()), LoadBig32(key.data() + 4));
  std::string_view values = key.substr(8, key.size() - 16);
  try {
    for (bool first = true; !values.empty(); first = false) {
      // A descending encoding is the inverse of an ascending one, whose first byte lies below 0x80.
      const bool descending = (static_cast<uint8_t>(values.front()) & 0x80) != 0;
      bool cut = false;
      const Value value = TakeIndexValue(values, descending ? KeyOrder::kDescending : KeyOrder::kAscending, &cut);
      if (!first) out += ", ";
      if (value.IsNull()) {
        out += "NULL";
      } else {
        out += value.type() == LogicalType::kText ? Quote(value.AsText()) : value.ToText();
      }
      if (cut) out += " (cut)";
      if (descending) out += " desc";
    }
  } catch (const Error& error) {
    return Damaged("index", key, error.message());
  }
  return out + fmt::format(") row={}", RowIdOfIndexKey(key));
}

std::string DescribeLookupKey(std::string_view key) {
  if (key.size() < 4 + 1 + 12) return Damaged("lookup", key, "shorter than tenant, text, table and row");
  const std::string_view text = key.substr(4, key.size() - 17);
  const char* tail = key.data() + key.size() - 12;
  if (tail[-1] != '\0' || text.find('\0') != std::string_view::npos)
    return Damaged("lookup", key, "the text does not end at its NUL");
  return fmt::format("lookup tenant={} text={} table={} row={}", LoadBig32(key.data()), Quote(text), LoadBig32(tail),
                     LoadBig64(tail + 4));
}

std::string DescribeLogKey(std::string_view key) {
  if (key.size() != 13) return Damaged("log", key, "expected 13 bytes");
  const auto part = static_cast<LogPart>(key[12]);
  if (part != LogPart::kEntry && part != LogPart::kImage) return Damaged("log", key, "unknown part");
  return fmt::format("log tenant={} sequence={} part={}", LoadBig32(key.data()), SequenceOfLogKey(key),
                     part == LogPart::kEntry ? "entry" : "image");
}

}  // namespace

std::string DescribeKey(Family family, std::string_view key) {
  switch (family) {
    case Family::kMeta:
      return DescribeMetaKey(key);
    case Family::kRows:
      if (key.size() != 16) return Damaged("rows", key, "expected 16 bytes");
      return fmt::format("rows tenant={} table={} row={}", LoadBig32(key.data()), LoadBig32(key.data() + 4),
                         RowIdOfRowKey(key));
    case Family::kIds:
      if (key.size() != 20) return Damaged("ids", key, "expected 20 bytes");
      return fmt::format("ids tenant={} id={}", LoadBig32(key.data()), Uuid::FromBytes(key.substr(4)).ToString());
    case Family::kIndex:
      return DescribeIndexKey(key);
    case Family::kLookup:
      return DescribeLookupKey(key);
    case Family::kVectors:
      if (key.size() != 18) return Damaged("vectors", key, "expected 18 bytes");
      return fmt::format("vectors tenant={} table={} column={} row={}", LoadBig32(key.data()),
                         LoadBig32(key.data() + 4), LoadBig16(key.data() + 8), LoadBig64(key.data() + 10));
    case Family::kLog:
      return DescribeLogKey(key);
  }
  return Damaged("unknown family", key, "no such family");
}

}  // namespace rem
