#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <rem/result.h>

#include "cli/output.h"

namespace rem::cli {

enum class RowFormat { kTable, kJson, kJsonLines, kCsv };

/// Writes the rows of a result as they come; only kTable holds some back, to learn its column widths.
///   kTable: as psql, see TablePrinter.
///   kJson: one array of objects.
///   kJsonLines: one object a line. In both, a column name that came before gets a number ("count", "count_2").
///   kCsv: RFC 4180 with a header; NULL is an empty field and the empty text is "".
void WriteResult(Result& result, RowFormat format, Output& out);

}  // namespace rem::cli
