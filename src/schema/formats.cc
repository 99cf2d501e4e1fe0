#include "schema/formats.h"

#include <array>

#include "schema/json_pointer.h"
#include "schema/pattern.h"

namespace rem {

namespace {

constexpr std::array<std::string_view, 19> kNames = {
    "date-time", "date",          "time",         "duration", "email",        "idn-email",
    "hostname",  "idn-hostname",  "ipv4",         "ipv6",     "uri",          "uri-reference",
    "iri",       "iri-reference", "uri-template", "uuid",     "json-pointer", "relative-json-pointer",
    "regex"};

bool IsHex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

bool IsUuidText(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !IsHex(text[i])) return false;
  }
  return true;
}

bool IsJsonPointer(std::string_view text) {
  return text.empty() || (text[0] == '/' && DecodePointerToken(text).has_value());
}

bool IsRelativeJsonPointer(std::string_view text) {
  size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
  if (digits == 0 || (digits > 1 && text[0] == '0')) return false;
  const std::string_view rest = text.substr(digits);
  return rest == "#" || IsJsonPointer(rest);
}

}  // namespace

std::optional<Format> FormatFromName(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Format>(i);
  }
  return std::nullopt;
}

std::string_view FormatName(Format format) { return kNames[static_cast<size_t>(format)]; }

bool MatchesFormat(Format format, std::string_view text) {
  switch (format) {
    case Format::kDateTime:
      return IsDateTime(text);
    case Format::kDate:
      return IsDate(text);
    case Format::kTime:
      return IsTime(text);
    case Format::kDuration:
      return IsDuration(text);
    case Format::kEmail:
      return IsEmail(text, false);
    case Format::kIdnEmail:
      return IsEmail(text, true);
    case Format::kHostname:
      return IsHostname(text, false);
    case Format::kIdnHostname:
      return IsHostname(text, true);
    case Format::kIpv4:
      return IsIpv4(text);
    case Format::kIpv6:
      return IsIpv6(text);
    case Format::kUri:
      return IsUri(text, false);
    case Format::kUriReference:
      return IsUriReference(text, false);
    case Format::kIri:
      return IsUri(text, true);
    case Format::kIriReference:
      return IsUriReference(text, true);
    case Format::kUriTemplate:
      return IsUriTemplate(text);
    case Format::kUuid:
      return IsUuidText(text);
    case Format::kJsonPointer:
      return IsJsonPointer(text);
    case Format::kRelativeJsonPointer:
      return IsRelativeJsonPointer(text);
    case Format::kRegex:
      return IsPattern(text);
  }
  return true;
}

}  // namespace rem
