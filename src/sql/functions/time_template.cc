#include "sql/functions/time_template.h"

#include "base/utf8.h"

namespace rem::sql {

namespace {

struct Keyword {
  std::string_view name;
  TimeField field;
  int digits = 0;
  bool dotted = false;
};

// Longer names before those that they begin with.
constexpr Keyword kKeywords[] = {{"A.D.", TimeField::kEra, 0, true},
                                 {"A.M.", TimeField::kMeridiem, 0, true},
                                 {"AD", TimeField::kEra},
                                 {"AM", TimeField::kMeridiem},
                                 {"B.C.", TimeField::kEra, 0, true},
                                 {"BC", TimeField::kEra},
                                 {"CC", TimeField::kCentury, 2},
                                 {"DAY", TimeField::kDayName},
                                 {"DDD", TimeField::kDayOfYear, 3},
                                 {"DD", TimeField::kDay, 2},
                                 {"DY", TimeField::kDayShort},
                                 {"D", TimeField::kDayOfWeek, 1},
                                 {"FF1", TimeField::kFraction, 1},
                                 {"FF2", TimeField::kFraction, 2},
                                 {"FF3", TimeField::kFraction, 3},
                                 {"FF4", TimeField::kFraction, 4},
                                 {"FF5", TimeField::kFraction, 5},
                                 {"FF6", TimeField::kFraction, 6},
                                 {"FX", TimeField::kFixed},
                                 {"HH24", TimeField::kHour24, 2},
                                 {"HH12", TimeField::kHour12, 2},
                                 {"HH", TimeField::kHour12, 2},
                                 {"IDDD", TimeField::kIsoDayOfYear, 3},
                                 {"ID", TimeField::kIsoDayOfWeek, 1},
                                 {"IW", TimeField::kIsoWeek, 2},
                                 {"IYYY", TimeField::kIsoYear, 4},
                                 {"IYY", TimeField::kIsoYear, 3},
                                 {"IY", TimeField::kIsoYear, 2},
                                 {"I", TimeField::kIsoYear, 1},
                                 {"J", TimeField::kJulian, 1},
                                 {"MI", TimeField::kMinute, 2},
                                 {"MM", TimeField::kMonth, 2},
                                 {"MONTH", TimeField::kMonthName},
                                 {"MON", TimeField::kMonthShort},
                                 {"MS", TimeField::kMillisecond, 3},
                                 {"OF", TimeField::kOffset},
                                 {"P.M.", TimeField::kMeridiem, 0, true},
                                 {"PM", TimeField::kMeridiem},
                                 {"Q", TimeField::kQuarter, 1},
                                 {"RM", TimeField::kMonthRoman},
                                 {"SSSSS", TimeField::kSecondOfDay, 5},
                                 {"SSSS", TimeField::kSecondOfDay, 4},
                                 {"SS", TimeField::kSecond, 2},
                                 {"TZH", TimeField::kZoneHours},
                                 {"TZM", TimeField::kZoneMinutes},
                                 {"TZ", TimeField::kZone},
                                 {"US", TimeField::kFraction, 6},
                                 {"WW", TimeField::kWeek, 2},
                                 {"W", TimeField::kWeekOfMonth, 1},
                                 {"Y,YYY", TimeField::kYearComma, 5},
                                 {"YYYY", TimeField::kYear, 4},
                                 {"YYY", TimeField::kYear, 3},
                                 {"YY", TimeField::kYear, 2},
                                 {"Y", TimeField::kYear, 1}};

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// In capitals, in small letters, or Capitalised where the field is a name.
bool MatchesKeyword(std::string_view text, const Keyword& keyword, LetterCase& letters) {
  const std::string_view name = keyword.name;
  if (text.starts_with(name)) {
    letters = LetterCase::kUpper;
    return true;
  }
  if (text.size() < name.size()) return false;
  bool lower = true, capital = text[0] == name[0];
  for (size_t i = 0; i < name.size(); ++i) {
    lower &= text[i] == Lower(name[i]);
    capital &= i == 0 || text[i] == Lower(name[i]);
  }
  const bool named = keyword.field == TimeField::kMonthName || keyword.field == TimeField::kMonthShort ||
                     keyword.field == TimeField::kDayName || keyword.field == TimeField::kDayShort;
  letters = lower ? LetterCase::kLower : LetterCase::kCapital;
  return lower || (capital && named);
}

}  // namespace

std::vector<TimeTemplateItem> ParseTimeTemplate(std::string_view text) {
  std::vector<TimeTemplateItem> out;
  const auto character = [&](size_t& at, bool quoted) {
    TimeTemplateItem item;
    const size_t begin = at;
    NextCodePoint(text, at);
    item.text = text.substr(begin, at - begin);
    item.quoted = quoted;
    out.push_back(std::move(item));
  };
  for (size_t at = 0; at < text.size();) {
    TimeTemplateItem item;
    std::string_view rest = text.substr(at);
    size_t used = 0;
    bool translated = false;
    for (bool prefix = true; prefix;) {
      prefix = false;
      for (const std::string_view word : {"FM", "fm", "TM", "tm"}) {
        if (!rest.substr(used).starts_with(word)) continue;
        item.fill |= Lower(word[0]) == 'f';
        translated |= Lower(word[0]) == 't';
        used += 2;
        prefix = true;
      }
    }
    for (const Keyword& keyword : kKeywords) {
      if (!MatchesKeyword(rest.substr(used), keyword, item.letters)) continue;
      item.is_field = true;
      item.field = keyword.field;
      item.digits = keyword.digits;
      item.dotted = keyword.dotted;
      item.name = keyword.name;
      used += keyword.name.size();
      break;
    }
    if (item.is_field) {
      // Names of the session's language, which is English, are not padded.
      item.fill |= translated && (item.field == TimeField::kMonthName || item.field == TimeField::kDayName);
      const std::string_view suffix = rest.substr(used, 2);
      item.ordinal = suffix == "TH" || suffix == "th";
      item.ordinal_lower = suffix == "th";
      at += used + (item.ordinal ? 2 : 0);
      out.push_back(std::move(item));
      continue;
    }
    at += used;
    if (at >= text.size()) break;
    if (text[at] == '"') {
      for (++at; at < text.size() && text[at] != '"';) {
        if (text[at] == '\\' && at + 1 < text.size()) ++at;
        character(at, true);
      }
      if (at < text.size()) ++at;
    } else {
      if (text[at] == '\\' && at + 1 < text.size() && text[at + 1] == '"') ++at;
      character(at, false);
    }
  }
  return out;
}

}  // namespace rem::sql
