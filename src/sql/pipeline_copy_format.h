#pragma once

#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <vector>

#include "sql/parser/ast_modify.h"

namespace rem::sql {

/// A field of a line; nullopt is NULL.
using CopyField = std::optional<std::string>;

/// Writes one line of COPY ... TO, in its text or csv format.
class CopyWriter {
 public:
  explicit CopyWriter(const ast::Copy& copy) : copy_(copy) {}
  void Append(const std::vector<CopyField>& fields, std::string& out) const;

 private:
  void AppendText(const std::string& field, std::string& out) const;
  void AppendCsv(const std::string& field, bool only, std::string& out) const;

  const ast::Copy& copy_;
};

/// Reads the lines of COPY ... FROM one after the other. A line of csv may go over several lines of the file.
class CopyReader {
 public:
  CopyReader(const ast::Copy& copy, std::istream& in) : copy_(copy), in_(in) {}

  /// False at the end. Error 22P04 for a line that is not of the format.
  bool Next(std::vector<CopyField>& fields);
  /// Where the last record began, from 1.
  int64_t line() const { return first_line_; }

 private:
  bool ReadLine(std::string& line);
  void SplitText(const std::string& line, std::vector<CopyField>& fields) const;
  void SplitCsv(std::string line, std::vector<CopyField>& fields);

  const ast::Copy& copy_;
  std::istream& in_;
  int64_t line_ = 0;
  int64_t first_line_ = 0;
};

}  // namespace rem::sql
