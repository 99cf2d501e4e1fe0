#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "storage/key_space.h"

namespace rem {

/// The value of Family::kIds: table and row id as varints.
std::string EncodeRecordPlace(TableId table, RowId row);
/// Error(kCorruption).
std::pair<TableId, RowId> DecodeRecordPlace(std::string_view bytes);

}  // namespace rem
