#include "sql/pipeline_copy_format.h"

#include <ios>
#include <istream>
#include <utility>

#include <rem/error.h>

namespace rem::sql {
namespace {

// A line that never ends is a file of another kind.
constexpr size_t kMaxLineBytes = size_t{64} << 20;

[[noreturn]] void BadFormat(const char* message, const char* hint) {
  throw Error(ErrorCode::kInvalidArgument, message, hint).WithSqlState("22P04");
}

int DigitOf(char c, int base) {
  int digit = 16;
  if (c >= '0' && c <= '9') digit = c - '0';
  if (c >= 'a' && c <= 'f') digit = c - 'a' + 10;
  if (c >= 'A' && c <= 'F') digit = c - 'A' + 10;
  return digit < base ? digit : -1;
}

/// Up to `most` digits from `at` on, as a byte.
bool TakeByte(std::string_view text, size_t& at, int base, int most, std::string& out) {
  int value = 0, taken = 0;
  for (; taken < most && at < text.size(); ++taken, ++at) {
    const int digit = DigitOf(text[at], base);
    if (digit < 0) break;
    value = value * base + digit;
  }
  if (taken > 0) out += static_cast<char>(value & 0xff);
  return taken > 0;
}

std::string Unescaped(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i++];
      continue;
    }
    const char c = text[i + 1];
    constexpr std::string_view kLetters = "bfnrtv", kBytes = "\b\f\n\r\t\v";
    if (const size_t known = kLetters.find(c); known != std::string_view::npos) {
      out += kBytes[known];
      i += 2;
    } else if (DigitOf(c, 8) >= 0) {
      i += 1;
      TakeByte(text, i, 8, 3, out);
    } else if (size_t at = i + 2; c == 'x' && TakeByte(text, at, 16, 2, out)) {
      i = at;
    } else {
      out += c;
      i += 2;
    }
  }
  return out;
}

void CheckLength(size_t bytes) {
  if (bytes < kMaxLineBytes) return;
  throw Error(ErrorCode::kLimitExceeded, "a line of the file is too long", "lines have at most 64 MB");
}

bool EndsEscaped(const std::string& line) {
  const size_t last = line.find_last_not_of('\\');
  return (line.size() - (last == std::string::npos ? 0 : last + 1)) % 2 == 1;
}

}  // namespace

void CopyWriter::Append(const std::vector<CopyField>& fields, std::string& out) const {
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) out += copy_.delimiter;
    if (!fields[i]) {
      out += copy_.null;
    } else if (copy_.csv) {
      AppendCsv(*fields[i], fields.size() == 1, out);
    } else {
      AppendText(*fields[i], out);
    }
  }
  out += '\n';
}

void CopyWriter::AppendText(const std::string& field, std::string& out) const {
  constexpr std::string_view kBytes = "\b\f\n\r\t\v\\", kLetters = "bfnrtv\\";
  for (const char c : field) {
    const size_t special = kBytes.find(c);
    if (special != std::string_view::npos) {
      out += '\\';
      out += kLetters[special];
      continue;
    }
    if (c == copy_.delimiter) out += '\\';
    out += c;
  }
}

void CopyWriter::AppendCsv(const std::string& field, bool only, std::string& out) const {
  const std::string special = {copy_.delimiter, copy_.quote, '\r', '\n'};
  // What reads as NULL, or as the end of the data, is quoted to be neither.
  const bool quoted =
      field == copy_.null || field.find_first_of(special) != std::string::npos || (only && field == "\\.");
  if (!quoted) {
    out += field;
    return;
  }
  out += copy_.quote;
  for (const char c : field) {
    if (c == copy_.quote || c == copy_.escape) out += copy_.escape;
    out += c;
  }
  out += copy_.quote;
}

bool CopyReader::ReadLine(std::string& line) {
  constexpr int kEnd = std::char_traits<char>::eof();
  line.clear();
  std::streambuf& bytes = *in_.rdbuf();
  int byte = 0;
  try {
    while ((byte = bytes.sbumpc()) != kEnd && byte != '\n') {
      CheckLength(line.size());
      line += static_cast<char>(byte);
    }
  } catch (const std::ios_base::failure&) {
    // A folder, for one, can be opened.
    throw Error(ErrorCode::kIo, "could not read from the file of COPY", "name a file with text").WithSqlState("58030");
  }
  if (byte == kEnd && line.empty()) return false;
  ++line_;
  return true;
}

bool CopyReader::Next(std::vector<CopyField>& fields) {
  std::string line;
  if (!ReadLine(line)) return false;
  first_line_ = line_;
  if (line_ == 1 && copy_.header) return Next(fields);
  fields.clear();
  if (copy_.csv) {
    const bool end = line == "\\." || line == "\\.\r";
    if (!end) SplitCsv(std::move(line), fields);
    return !end;
  }
  // A backslash before the end of the line makes that a part of the text.
  for (std::string more; EndsEscaped(line) && ReadLine(more);) {
    CheckLength(line.size() + more.size());
    line += '\n' + more;
  }
  if (line.ends_with('\r')) line.pop_back();
  if (line == "\\.") return false;
  SplitText(line, fields);
  return true;
}

void CopyReader::SplitText(const std::string& line, std::vector<CopyField>& fields) const {
  size_t begin = 0;
  for (size_t i = 0;; ++i) {
    if (i < line.size() && line[i] == '\\') {
      ++i;  // Whatever stands behind it belongs to the field.
      if (i < line.size()) continue;
    }
    if (i < line.size() && line[i] != copy_.delimiter) continue;
    const size_t end = i < line.size() ? i : line.size();
    const std::string_view field = std::string_view(line).substr(begin, end - begin);
    fields.push_back(field == copy_.null ? CopyField() : Unescaped(field));
    begin = end + 1;
    if (end == line.size()) return;
  }
}

void CopyReader::SplitCsv(std::string line, std::vector<CopyField>& fields) {
  std::string field, more;
  bool inside = false, quoted = false;
  const auto finish = [&] {
    fields.push_back(!quoted && field == copy_.null ? CopyField() : CopyField(field));
    field.clear();
    quoted = false;
  };
  for (size_t i = 0;; ++i) {
    if (i >= line.size()) {
      if (!inside) return finish();
      if (field.size() > kMaxLineBytes || !ReadLine(more))
        BadFormat("unterminated CSV quoted field", "close the quote, or name another QUOTE");
      field += '\n';
      line = std::exchange(more, {});
      i = static_cast<size_t>(-1);
      continue;
    }
    const char c = line[i];
    if (inside) {
      const bool escaped =
          c == copy_.escape && i + 1 < line.size() && (line[i + 1] == copy_.quote || line[i + 1] == copy_.escape);
      if (escaped) {
        field += line[++i];
      } else if (c == copy_.quote) {
        inside = false;
      } else {
        field += c;
      }
    } else if (c == copy_.quote) {
      inside = quoted = true;
    } else if (c == copy_.delimiter) {
      finish();
    } else if (c != '\r' || i + 1 < line.size()) {
      field += c;
    }
  }
}

}  // namespace rem::sql
