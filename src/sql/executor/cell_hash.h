#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "types/column.h"

namespace rem::sql {

/// A hash that cells share which CompareCells calls equal: 1 and 1.0 inside documents, 0.0 and -0.0, any NaN, members
/// in any order. NULL has one of its own.
uint64_t HashCell(const Column& column, size_t row, uint64_t seed = 0);

/// hashes[i] for the i-th of the rows: one hash over the cells of all columns.
void HashRows(std::span<const Column* const> columns, const uint32_t* rows, size_t count,
              std::vector<uint64_t>& hashes);

/// Whether two cells of one type are equal; NULL equals NULL.
bool SameCell(const Column& a, size_t a_row, const Column& b, size_t b_row);

}  // namespace rem::sql
