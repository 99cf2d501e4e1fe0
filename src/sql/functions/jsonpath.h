#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rem/document.h>

#include "sql/functions/regex.h"

namespace rem::sql {

// SQL/JSON path expressions, as PostgreSQL has them: ISO/IEC 9075-2:2016, 9.39, without datetime().

enum class PathKind : uint8_t {
  kNull,
  kBool,      ///< `flag`
  kNumber,    ///< `text`, a numeric
  kString,    ///< `text`
  kVariable,  ///< $`text`
  kRoot,      ///< $
  kCurrent,   ///< @
  kLast,
  kKey,         ///< .`text`
  kAnyKey,      ///< .*
  kAnyArray,    ///< [*]
  kIndexArray,  ///< [`subscripts`]
  kAny,         ///< .**{`first` to `last`}
  kFilter,      ///< ?(`left`)
  kExists,
  kAnd,
  kOr,
  kNot,
  kIsUnknown,
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kStartsWith,
  kLikeRegex,  ///< `left` like_regex `text` flag `flags`
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kPlus,
  kMinus,
  kType,
  kSize,
  kAbs,
  kFloor,
  kCeiling,
  kDouble,
  kKeyValue,
};

/// One step; `next` is the step behind it: $.a.b is root, key, key.
struct PathNode {
  static constexpr uint32_t kNoLimit = UINT32_MAX;

  PathKind kind = PathKind::kNull;
  bool flag = false;
  std::string text, flags;
  uint32_t first = 0, last = 0;  ///< Levels of kAny; kNoLimit is the last one.
  std::unique_ptr<PathNode> left, right, next;
  /// From and to; the second is nullptr for a single element.
  std::vector<std::pair<std::unique_ptr<PathNode>, std::unique_ptr<PathNode>>> subscripts;
  RegexFlags regex_flags;
};

struct JsonPath {
  bool lax = true;
  std::unique_ptr<PathNode> root;
};

/// Error(kSyntax), 22P02 for an empty text, Error(kLimitExceeded) for one too long or nested too deeply.
std::shared_ptr<const JsonPath> ParseJsonPath(std::string_view text);
/// As PostgreSQL writes it: $."a"[*]?(@ > 1).
std::string FormatJsonPath(const JsonPath& path);

/// What a path gives for a document.
struct JsonPathAnswer {
  std::vector<Document> items;
  /// Some error of the document's structure ended it, and `silent` was asked for.
  bool failed = false;
};
/// All items. `variables` is an object. Errors of the document's structure unless `silent`; of variables that are not
/// there, and of limits, always.
JsonPathAnswer RunJsonPath(const JsonPath& path, const DocumentView& target, const DocumentView& variables,
                           bool silent);
/// Whether there is an item; in lax mode it stops at the first.
struct JsonPathPresence {
  bool found = false;
  bool failed = false;
};
JsonPathPresence JsonPathExists(const JsonPath& path, const DocumentView& target, const DocumentView& variables,
                                bool silent);

}  // namespace rem::sql
