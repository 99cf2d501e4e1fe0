#include "store/record_place.h"

#include <rem/error.h>

#include "base/bytes.h"

namespace rem {

std::string EncodeRecordPlace(TableId table, RowId row) {
  std::string out;
  AppendVarint(out, table);
  AppendVarint(out, row);
  return out;
}

std::pair<TableId, RowId> DecodeRecordPlace(std::string_view in) {
  uint64_t table = 0;
  uint64_t row = 0;
  if (!TakeVarint(in, table) || !TakeVarint(in, row) || !in.empty() || table > UINT32_MAX) {
    throw Error(ErrorCode::kCorruption, "An entry of the id index is damaged", "restore the database from a backup");
  }
  return {static_cast<TableId>(table), row};
}

}  // namespace rem
