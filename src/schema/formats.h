#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace rem {

/// The formats of JSON Schema 2020-12 (Validation, section 7.3).
enum class Format : uint8_t {
  kDateTime,
  kDate,
  kTime,
  kDuration,
  kEmail,
  kIdnEmail,
  kHostname,
  kIdnHostname,
  kIpv4,
  kIpv6,
  kUri,
  kUriReference,
  kIri,
  kIriReference,
  kUriTemplate,
  kUuid,
  kJsonPointer,
  kRelativeJsonPointer,
  kRegex,
};

/// nullopt for a name that the standard does not define: such a format lets everything through.
std::optional<Format> FormatFromName(std::string_view name);
std::string_view FormatName(Format format);
bool MatchesFormat(Format format, std::string_view text);

// By RFC 3339 (with leap seconds) and its appendix A.
bool IsDateTime(std::string_view text);
bool IsDate(std::string_view text);
bool IsTime(std::string_view text);
bool IsDuration(std::string_view text);

// By RFC 5321, 1123, 5890 (modestly), 2673 and 4291.
bool IsEmail(std::string_view text, bool international);
bool IsHostname(std::string_view text, bool international);
bool IsIpv4(std::string_view text);
bool IsIpv6(std::string_view text);

// By RFC 3986, 3987 (`international`) and 6570.
bool IsUri(std::string_view text, bool international);
bool IsUriReference(std::string_view text, bool international);
bool IsUriTemplate(std::string_view text);

}  // namespace rem
