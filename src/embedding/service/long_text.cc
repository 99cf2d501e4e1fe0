#include "embedding/service/long_text.h"

#include "base/utf8.h"

namespace rem {

std::vector<std::string_view> SplitLongText(std::string_view text, size_t max_bytes) {
  std::vector<std::string_view> pieces;
  while (text.size() > max_bytes) {
    std::string_view piece = Utf8Prefix(text, max_bytes);
    if (piece.empty()) piece = text.substr(0, max_bytes);
    const size_t space = piece.find_last_of(" \t\r\n");
    if (space != std::string_view::npos && space >= piece.size() / 2) piece = piece.substr(0, space + 1);
    pieces.push_back(piece);
    text.remove_prefix(piece.size());
  }
  if (!text.empty()) pieces.push_back(text);
  return pieces;
}

}  // namespace rem
