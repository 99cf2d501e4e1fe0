#include "cli/error_report.h"

#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>

#include "cli/json_output.h"
#include "cli/output.h"
#include "cli/terminal.h"

namespace rem::cli {

namespace {

// Lines of an error that are no longer than this stay whole in an excerpt.
constexpr size_t kExcerptColumns = 100;

std::string Label(std::string_view name, std::string_view style) {
  if (!UseColor(STDERR_FILENO)) return fmt::format("{}: ", name);
  return fmt::format("{}{}:{} ", style, name, kStyleReset);
}

// Details list reasons line by line; the following lines are indented below the first.
std::string Indented(std::string_view text) {
  std::string out;
  while (true) {
    const size_t end = text.find('\n');
    out += Printable(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    out += "\n  ";
    text.remove_prefix(end + 1);
  }
}

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Byte offset of the 1-based character `position`; text.size() for the place just behind the last one, npos beyond.
size_t OffsetOfCharacter(std::string_view text, int position) {
  int seen = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!IsContinuation(text[i]) && ++seen == position) return i;
  }
  return position == seen + 1 ? text.size() : std::string_view::npos;
}

}  // namespace

std::string ShowPosition(std::string_view statement, int position) {
  if (position < 1) return {};
  const size_t offset = OffsetOfCharacter(statement, position);
  if (offset == std::string_view::npos) return {};
  const size_t before = statement.substr(0, offset).rfind('\n');
  const size_t start = before == std::string_view::npos ? 0 : before + 1;
  const std::string_view line =
      statement.substr(start, std::min(statement.find('\n', offset), statement.size()) - start);
  std::string head = Printable(line.substr(0, offset - start));
  std::string tail = Printable(line.substr(offset - start));
  std::string_view lead;
  if (DisplayWidth(head) > kExcerptColumns / 2) {
    // Keep the end of a long beginning, cut between characters.
    size_t cut = head.size() - std::min(head.size(), kExcerptColumns / 2);
    while (cut < head.size() && IsContinuation(head[cut])) ++cut;
    head.erase(0, cut);
    lead = "\xE2\x80\xA6";
  }
  const std::string caret(DisplayWidth(lead) + DisplayWidth(head), ' ');
  return fmt::format("  {}{}{}\n  {}^\n", lead, head, CutToWidth(tail, kExcerptColumns - DisplayWidth(head)), caret);
}

void ReportError(const Error& error, bool json, std::string_view excerpt) {
  if (json) {
    JsonWriter writer;
    WriteError(writer, error);
    WriteStderr(writer.text() + "\n");
    return;
  }
  std::string text = Label("error", kStyleRed) + Indented(error.message()) + "\n";
  text += excerpt;
  if (!error.detail().empty()) text += Label("detail", kStyleBold) + Indented(error.detail()) + "\n";
  if (!error.hint().empty()) text += Label("hint", kStyleBold) + Indented(error.hint()) + "\n";
  WriteStderr(text);
}

void ReportUsage(std::string_view message, std::string_view hint, bool json) {
  if (json) {
    JsonWriter writer;
    writer.BeginObject();
    writer.Key("error");
    writer.Text(ToValidUtf8(message));
    writer.Key("code");
    writer.Text("usage");
    if (!hint.empty()) {
      writer.Key("hint");
      writer.Text(ToValidUtf8(hint));
    }
    writer.EndObject();
    WriteStderr(writer.text() + "\n");
    return;
  }
  std::string text = Label("error", kStyleRed) + Indented(message) + "\n";
  if (!hint.empty()) text += Label("hint", kStyleBold) + Indented(hint) + "\n";
  WriteStderr(text);
}

void Note(std::string_view message) { WriteStderr(fmt::format("{}\n", message)); }

}  // namespace rem::cli
