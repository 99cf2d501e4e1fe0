#pragma once

#include <optional>
#include <string>

#include "catalog/table.h"

namespace rem {

/// The member of a schema that makes a view of a table: the text of its query. Such a table has the view's columns, and
/// its schema refuses every record.
inline constexpr std::string_view kViewKey = "x-rem-view";

/// The member of a schema that makes a table temporary: it belongs to one connection, and is dropped when the database
/// is opened again.
inline constexpr std::string_view kTemporaryKey = "x-rem-temporary";

/// The member of a schema that makes a sequence of a table: its bounds and step. Such a table has one record, with
/// PostgreSQL's columns last_value, log_cnt and is_called, that every value given changes in a commit of its own.
inline constexpr std::string_view kSequenceKey = "x-rem-sequence";

/// The query of a view; nullopt for a table that is none.
std::optional<std::string> ViewQueryOf(const Table& table);

}  // namespace rem
