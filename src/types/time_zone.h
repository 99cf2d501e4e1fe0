#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace rem {

/// A time zone by name: of the system's database (/usr/share/zoneinfo, RFC 8536), of PostgreSQL's usual abbreviations
/// ("EST"), or a POSIX rule ("EST5EDT,M3.2.0,M11.1.0", "+02", which lies west of Greenwich).
class TimeZone {
 public:
  /// nullptr for a name that is none. Kept once read.
  static std::shared_ptr<const TimeZone> Find(std::string_view name);
  static std::shared_ptr<const TimeZone> Fixed(int32_t offset_seconds);

  /// Seconds east of Greenwich at a moment, in seconds since 1970.
  int32_t OffsetAt(int64_t utc_seconds) const;
  /// The moment at which clocks show `local_micros`. A time that clocks skip is read with the offset before the change,
  /// one that they show twice is the second one, as in PostgreSQL.
  int64_t ToUtc(int64_t local_micros) const;
  int64_t ToLocal(int64_t utc_micros) const;

 private:
  /// One rule of a year: M3.2.0/2, J60 or 59.
  struct Rule {
    char kind = 'M';
    int month = 1, week = 1, day = 0;
    int32_t seconds = 7200;
  };
  struct Change {
    int64_t at;  ///< Seconds since 1970.
    int32_t offset;
  };

  bool ReadFile(std::string_view bytes);
  bool ReadRule(std::string_view text);
  static bool ReadRuleDate(std::string_view& text, Rule& rule);
  static int64_t RuleDay(const Rule& rule, int64_t year);
  void RuleChanges(int64_t year, Change& first, Change& second) const;
  std::optional<Change> NextChange(int64_t after) const;

  int32_t first_offset_ = 0;
  std::vector<Change> changes_;  ///< Ascending.
  // What holds behind the last change.
  bool has_rule_ = false, has_dst_ = false;
  int32_t standard_ = 0, daylight_ = 0;
  Rule start_, end_;
};

}  // namespace rem
