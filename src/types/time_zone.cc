#include "types/time_zone.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <string>

#include "base/time.h"
#include "types/datetime.h"

namespace rem {

namespace {

constexpr int64_t kDaySeconds = 86'400;
constexpr size_t kMaxFileBytes = 1 << 20;
constexpr size_t kMaxKept = 1000;

struct Abbreviation {
  std::string_view name;
  int32_t offset;
};
// Those of PostgreSQL's default set that always mean one offset.
constexpr Abbreviation kAbbreviations[] = {
    {"acdt", 37800},  {"acst", 34200}, {"adt", -10800}, {"aedt", 39600}, {"aest", 36000}, {"akdt", -28800},
    {"akst", -32400}, {"ast", -14400}, {"awst", 28800}, {"bst", 3600},   {"cdt", -18000}, {"cest", 7200},
    {"cet", 3600},    {"cst", -21600}, {"eat", 10800},  {"edt", -14400}, {"eest", 10800}, {"eet", 7200},
    {"est", -18000},  {"gmt", 0},      {"hst", -36000}, {"idt", 10800},  {"ist", 7200},   {"jst", 32400},
    {"kst", 32400},   {"mdt", -21600}, {"mest", 7200},  {"met", 3600},   {"mst", -25200}, {"ndt", -9000},
    {"nst", -12600},  {"nzdt", 46800}, {"nzst", 43200}, {"pdt", -25200}, {"pst", -28800}, {"sast", 7200},
    {"uct", 0},       {"ut", 0},       {"utc", 0},      {"wet", 0},      {"z", 0},        {"zulu", 0}};

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b < 0); }

int64_t ReadBig(std::string_view bytes, size_t at, size_t size) {
  int64_t value = static_cast<int8_t>(bytes[at]);
  for (size_t i = 1; i < size; ++i)
    value = static_cast<int64_t>(static_cast<uint64_t>(value) << 8 | static_cast<uint8_t>(bytes[at + i]));
  return value;
}

// The file of a zone in whatever case its name is written; empty where there is none.
std::string FileBytes(std::string_view name) {
  for (const char c : name) {
    if (!IsLetter(c) && !IsDigit(c) && std::string_view("_+-/").find(c) == std::string_view::npos) return {};
  }
  if (name.empty() || name.size() > 100 || name.front() == '/') return {};
  std::filesystem::path path = "/usr/share/zoneinfo";
  std::error_code error;
  for (std::string_view rest = name; !rest.empty();) {
    const std::string_view part = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    bool found = std::filesystem::exists(path / part, error) && !part.empty();
    if (found) {
      path /= part;
      continue;
    }
    const std::string wanted = Lower(part);
    for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
      if (Lower(entry.path().filename().string()) != wanted) continue;
      path = entry.path();
      found = true;
      break;
    }
    if (!found) return {};
  }
  if (!std::filesystem::is_regular_file(path, error)) return {};
  std::ifstream file(path, std::ios::binary);
  std::string bytes(kMaxFileBytes, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<size_t>(file.gcount()));
  return bytes;
}

// "[+-]h[h[h]][:mm[:ss]]" in seconds.
bool TakeSeconds(std::string_view& text, int32_t& seconds) {
  const bool minus = text.starts_with('-');
  if (minus || text.starts_with('+')) text.remove_prefix(1);
  int32_t total = 0, unit = 3600;
  for (int i = 0; i < 3; ++i, unit /= 60) {
    if (i > 0) {
      if (!text.starts_with(':')) break;
      text.remove_prefix(1);
    }
    int32_t value = 0;
    size_t digits = 0;
    for (; digits < text.size() && digits < 3 && IsDigit(text[digits]); ++digits)
      value = value * 10 + (text[digits] - '0');
    if (digits == 0 || (i > 0 && value > 59) || (i == 0 && value > 167)) return false;
    text.remove_prefix(digits);
    total += value * unit;
  }
  seconds = minus ? -total : total;
  return true;
}

bool TakeName(std::string_view& text) {
  if (text.starts_with('<')) {
    const size_t end = text.find('>');
    if (end == std::string_view::npos) return false;
    text.remove_prefix(end + 1);
    return true;
  }
  size_t letters = 0;
  while (letters < text.size() && IsLetter(text[letters])) ++letters;
  text.remove_prefix(letters);
  return true;
}

bool TakeNumber(std::string_view& text, int low, int high, int& value) {
  size_t digits = 0;
  value = 0;
  for (; digits < text.size() && digits < 3 && IsDigit(text[digits]); ++digits)
    value = value * 10 + (text[digits] - '0');
  text.remove_prefix(digits);
  return digits > 0 && value >= low && value <= high;
}

}  // namespace

bool TimeZone::ReadFile(std::string_view bytes) {
  constexpr size_t kHeader = 44;
  const auto counts = [&](size_t at, int64_t(&out)[6]) {
    if (bytes.size() < at + kHeader || bytes.substr(at, 4) != "TZif") return false;
    for (size_t i = 0; i < 6; ++i) {
      out[i] = ReadBig(bytes, at + 20 + i * 4, 4);
      if (out[i] < 0 || out[i] > static_cast<int64_t>(kMaxFileBytes)) return false;
    }
    return true;
  };
  int64_t n[6];
  if (!counts(0, n) || bytes[4] < '2') return false;
  const auto size = [](const int64_t(&c)[6], int64_t width) {
    return static_cast<size_t>(c[3] * width + c[3] + c[4] * 6 + c[5] + c[2] * (width + 4) + c[1] + c[0]);
  };
  // The first block has 32-bit times; the second one is what counts.
  const size_t second = kHeader + size(n, 4);
  if (!counts(second, n)) return false;
  const size_t data = second + kHeader, length = size(n, 8);
  if (n[4] < 1 || bytes.size() < data + length) return false;
  const auto times = static_cast<size_t>(n[3]), types = static_cast<size_t>(n[4]);
  const size_t indexes = data + times * 8, infos = indexes + times;
  const auto offset_of = [&](size_t type) { return static_cast<int32_t>(ReadBig(bytes, infos + type * 6, 4)); };
  first_offset_ = offset_of(0);
  for (size_t i = 0; i < times; ++i) {
    const size_t type = static_cast<uint8_t>(bytes[indexes + i]);
    if (type >= types) return false;
    changes_.push_back({ReadBig(bytes, data + i * 8, 8), offset_of(type)});
  }
  std::string_view footer = bytes.substr(data + length);
  if (footer.size() < 2 || footer[0] != '\n') return true;
  footer.remove_prefix(1);
  footer = footer.substr(0, footer.find('\n'));
  return footer.empty() || ReadRule(footer);
}

bool TimeZone::ReadRuleDate(std::string_view& text, Rule& rule) {
  if (!text.starts_with(',')) return false;
  text.remove_prefix(1);
  if (text.starts_with('M')) {
    rule.kind = 'M';
    text.remove_prefix(1);
    if (!TakeNumber(text, 1, 12, rule.month) || !text.starts_with('.')) return false;
    text.remove_prefix(1);
    if (!TakeNumber(text, 1, 5, rule.week) || !text.starts_with('.')) return false;
    text.remove_prefix(1);
    if (!TakeNumber(text, 0, 6, rule.day)) return false;
  } else {
    rule.kind = text.starts_with('J') ? 'J' : 'D';
    if (rule.kind == 'J') text.remove_prefix(1);
    if (!TakeNumber(text, rule.kind == 'J' ? 1 : 0, 365, rule.day)) return false;
  }
  if (!text.starts_with('/')) return true;
  text.remove_prefix(1);
  return TakeSeconds(text, rule.seconds);
}

// "CET-1CEST,M3.5.0,M10.5.0/3": offsets count westwards.
bool TimeZone::ReadRule(std::string_view text) {
  if (!TakeName(text) || !TakeSeconds(text, standard_)) return false;
  standard_ = -standard_;
  has_rule_ = true;
  if (text.empty()) return true;
  const size_t before = text.size();
  if (!TakeName(text) || text.size() == before) return false;
  daylight_ = standard_ + 3600;
  if (!text.empty() && text[0] != ',') {
    if (!TakeSeconds(text, daylight_)) return false;
    daylight_ = -daylight_;
  }
  has_dst_ = true;
  if (text.empty()) text = ",M3.2.0,M11.1.0";
  return ReadRuleDate(text, start_) && ReadRuleDate(text, end_) && text.empty();
}

int64_t TimeZone::RuleDay(const Rule& rule, int64_t year) {
  const int64_t first = DaysFromCivil(year, 1, 1);
  if (rule.kind == 'D') return first + rule.day;
  if (rule.kind == 'J') {
    const bool leap = DaysFromCivil(year + 1, 1, 1) - first == 366;
    return first + rule.day - 1 + (leap && rule.day >= 60 ? 1 : 0);
  }
  const int64_t month = DaysFromCivil(year, rule.month, 1);
  const int64_t weekday = ((month + 4) % 7 + 7) % 7;
  int64_t day = month + (rule.day - weekday + 7) % 7 + (rule.week - 1) * 7;
  const int64_t next = rule.month == 12 ? DaysFromCivil(year + 1, 1, 1) : DaysFromCivil(year, rule.month + 1, 1);
  while (day >= next) day -= 7;
  return day;
}

void TimeZone::RuleChanges(int64_t year, Change& first, Change& second) const {
  first = {RuleDay(start_, year) * kDaySeconds + start_.seconds - standard_, daylight_};
  second = {RuleDay(end_, year) * kDaySeconds + end_.seconds - daylight_, standard_};
  if (second.at < first.at) std::swap(first, second);
}

int32_t TimeZone::OffsetAt(int64_t utc_seconds) const {
  const auto it = std::ranges::upper_bound(changes_, utc_seconds, {}, &Change::at);
  if (it != changes_.end() || !has_rule_) return it == changes_.begin() ? first_offset_ : std::prev(it)->offset;
  if (!has_dst_) return standard_;
  const int64_t year = CivilFromMicros(FloorDivide(utc_seconds, kDaySeconds) * kMicrosPerDay).year;
  int32_t offset = standard_;
  // The change before may lie in the last year, and a zone's year begins at another time than Greenwich's.
  for (int64_t y = year - 1; y <= year + 1; ++y) {
    Change first{}, second{};
    RuleChanges(y, first, second);
    for (const Change& change : {first, second}) {
      if (change.at <= utc_seconds) offset = change.offset;
    }
  }
  return offset;
}

std::optional<TimeZone::Change> TimeZone::NextChange(int64_t after) const {
  const auto it = std::ranges::upper_bound(changes_, after, {}, &Change::at);
  if (it != changes_.end()) return *it;
  if (!has_rule_ || !has_dst_) return std::nullopt;
  const int64_t year = CivilFromMicros(FloorDivide(after, kDaySeconds) * kMicrosPerDay).year;
  for (int64_t y = year - 1; y <= year + 1; ++y) {
    Change first{}, second{};
    RuleChanges(y, first, second);
    for (const Change& change : {first, second}) {
      if (change.at > after) return change;
    }
  }
  return std::nullopt;
}

int64_t TimeZone::ToLocal(int64_t utc_micros) const {
  return utc_micros + OffsetAt(FloorDivide(utc_micros, kMicrosPerSecond)) * kMicrosPerSecond;
}

int64_t TimeZone::ToUtc(int64_t local_micros) const {
  const int64_t local = FloorDivide(local_micros, kMicrosPerSecond), day_before = local - kDaySeconds;
  const int32_t before = OffsetAt(day_before);
  int32_t offset = before;
  if (const auto change = NextChange(day_before)) {
    const int64_t with_before = local - before, with_after = local - change->offset;
    if (with_before < change->at && with_after < change->at) {
      offset = before;
    } else if (with_before > change->at && with_after >= change->at) {
      offset = change->offset;
    } else {
      offset = with_before > with_after ? before : change->offset;
    }
  }
  return local_micros - offset * kMicrosPerSecond;
}

std::shared_ptr<const TimeZone> TimeZone::Fixed(int32_t offset_seconds) {
  auto zone = std::make_shared<TimeZone>();
  zone->first_offset_ = offset_seconds;
  return zone;
}

std::shared_ptr<const TimeZone> TimeZone::Find(std::string_view name) {
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<const TimeZone>, std::less<>> kept;
  const std::string key = Lower(name);
  const std::lock_guard lock(mutex);
  if (const auto it = kept.find(key); it != kept.end()) return it->second;
  std::shared_ptr<const TimeZone> found;
  if (const auto* one = std::ranges::find(kAbbreviations, key, &Abbreviation::name); one != std::end(kAbbreviations)) {
    found = Fixed(one->offset);
  } else {
    auto zone = std::make_shared<TimeZone>();
    const std::string bytes = FileBytes(name);
    if (!bytes.empty() ? zone->ReadFile(bytes) : zone->ReadRule(name)) found = std::move(zone);
  }
  if (found != nullptr && kept.size() < kMaxKept) kept.emplace(key, found);
  return found;
}

}  // namespace rem
