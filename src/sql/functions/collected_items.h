#pragma once

#include <string>

#include "sql/functions/aggregate_rows.h"
#include "types/array_text.h"

namespace rem::sql {

/// Values of one type in an aggregate's state, as the cell of an array holds them.
struct CollectedItems {
  StateBuffer bytes;
  uint32_t count;

  void Add(const Value& value, Arena& arena) {
    const std::string one = EncodeArray({value});
    bytes.Append(std::string_view(one).substr(sizeof(count)), arena);
    ++count;
  }
  /// The array of them.
  std::string Cell() const {
    std::string cell(reinterpret_cast<const char*>(&count), sizeof(count));
    return cell.append(bytes.view());
  }
};

}  // namespace rem::sql
