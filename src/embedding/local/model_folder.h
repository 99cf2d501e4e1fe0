#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <rem/document.h>

namespace rem {

/// The text of a small file; nullopt where there is none. Error(kIo), Error(kLimitExceeded) past 16 MiB.
std::optional<std::string> ReadSmallFile(const std::string& path);
/// The same as a JSON object; Error(kCorruption) for anything else.
std::optional<Document> ReadJsonFile(const std::string& path);
/// Error(kNotFound) where it is missing.
Document RequireJsonFile(const std::string& path);

// Members of a JSON object; `otherwise` where it has none of the kind.
std::string TextOr(const DocumentView& object, std::string_view key, std::string_view otherwise);
int64_t WholeOr(const DocumentView& object, std::string_view key, int64_t otherwise);
bool FlagOr(const DocumentView& object, std::string_view key, bool otherwise);

}  // namespace rem
