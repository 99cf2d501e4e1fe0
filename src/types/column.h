#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rem/value.h>

#include "base/check.h"
#include "types/arena.h"

namespace rem {

/// How the cells of a type are held.
enum class CellKind : uint8_t {
  kByte,      ///< uint8_t: boolean
  kInt64,     ///< int64_t: the integers, date (days), time, timestamps (microseconds)
  kDouble,    ///< double: double precision, real (rounded to float)
  kText,      ///< std::string_view: text, numeric (canonical text), bytea, arrays (types/array_text.h)
  kUuid,      ///< Uuid
  kJson,      ///< DocumentView
  kVector,    ///< std::span<const float>
  kInterval,  ///< Interval
};

constexpr CellKind CellKindOf(LogicalType type) {
  if (IsArray(type)) return CellKind::kText;
  switch (type) {
    case LogicalType::kBool:
      return CellKind::kByte;
    case LogicalType::kDouble:
    case LogicalType::kReal:
      return CellKind::kDouble;
    case LogicalType::kText:
    case LogicalType::kNumeric:
    case LogicalType::kBytea:
      return CellKind::kText;
    case LogicalType::kUuid:
      return CellKind::kUuid;
    case LogicalType::kJson:
      return CellKind::kJson;
    case LogicalType::kVector:
      return CellKind::kVector;
    case LogicalType::kInterval:
      return CellKind::kInterval;
    default:
      return CellKind::kInt64;
  }
}

/// The C++ type that one cell of a kind has.
template <CellKind kind>
struct CellOf;
template <>
struct CellOf<CellKind::kByte> {
  using Type = uint8_t;
};
template <>
struct CellOf<CellKind::kInt64> {
  using Type = int64_t;
};
template <>
struct CellOf<CellKind::kDouble> {
  using Type = double;
};
template <>
struct CellOf<CellKind::kText> {
  using Type = std::string_view;
};
template <>
struct CellOf<CellKind::kUuid> {
  using Type = Uuid;
};
template <>
struct CellOf<CellKind::kJson> {
  using Type = DocumentView;
};
template <>
struct CellOf<CellKind::kVector> {
  using Type = std::span<const float>;
};
template <>
struct CellOf<CellKind::kInterval> {
  using Type = Interval;
};
template <LogicalType type>
using Cell = typename CellOf<CellKindOf(type)>::Type;

/// Bytes of one cell.
size_t CellBytes(LogicalType type);

/// Numbers for the cells of a column: rows of equal number have the same cell, to the byte, or are all NULL. Columns of
/// one dictionary have the same numbers for the same cells, so that what was found out about a number stays true from
/// batch to batch.
struct CellCodes {
  uint64_t dictionary = 0;  ///< From NewDictionary.
  uint32_t limit = 0;       ///< Numbers are below this, at most kMostCodes.
  std::vector<uint16_t> codes;

  static constexpr uint32_t kMostCodes = 65'536;
  /// A number that no other dictionary of this process has.
  static uint64_t NewDictionary();
};

/// The values of one column for the rows of a batch: typed, contiguous cells and a validity bitmap. Texts, documents
/// and vectors are views, into `arena()` or into memory that lives as long as the batch.
class Column {
 public:
  /// kNull is refused: an untyped NULL is a text.
  explicit Column(LogicalType type);

  LogicalType type() const { return type_; }
  size_t capacity() const { return capacity_; }
  /// One value stands for every row: kernels read cell 0.
  bool constant() const { return constant_; }
  /// What to AND a row number with before indexing data().
  size_t row_mask() const { return constant_ ? 0 : ~size_t{0}; }

  /// Makes room for `rows` cells, all of them valid; cells hold anything. Empties the arena.
  void Reset(size_t rows);
  /// As Reset, but keeps cells, validity and arena: for columns that grow.
  void Grow(size_t rows);
  void SetConstant(const Value& value);

  template <typename T>
  T* data() {
    REM_DCHECK(sizeof(T) == CellBytes(type_));
    return reinterpret_cast<T*>(cells_.get());
  }
  template <typename T>
  const T* data() const {
    REM_DCHECK(sizeof(T) == CellBytes(type_));
    return reinterpret_cast<const T*>(cells_.get());
  }

  bool has_nulls() const { return has_nulls_; }
  bool IsNull(size_t row) const {
    if (!has_nulls_) return false;
    if (constant_) row = 0;
    return (validity_[row / 64] >> (row % 64) & 1) == 0;
  }
  void SetNull(size_t row) {
    if (!has_nulls_) StartNulls();
    validity_[row / 64] &= ~(uint64_t{1} << (row % 64));
  }
  void SetValid(size_t row) {
    if (has_nulls_) validity_[row / 64] |= uint64_t{1} << (row % 64);
  }

  Arena& arena() { return arena_; }

  /// nullptr where the cells have no numbers.
  const CellCodes* codes() const { return coded_ ? codes_.get() : nullptr; }
  /// To be filled, once the cells are; until the next Reset.
  CellCodes& StartCodes();

  /// Resets, and copies cells `rows[0]` to `rows[count - 1]` of another column of the type, not what they point to. The
  /// codes come along.
  void Gather(const Column& from, const uint32_t* rows, size_t count);
  /// Copies one cell, not what it points to.
  void CopyCell(size_t to, const Column& from, size_t from_row);
  /// Copies one cell and the bytes it points to into the own arena.
  void CopyCellDeep(size_t to, const Column& from, size_t from_row);
  /// The cell as a value that owns its bytes.
  Value Get(size_t row) const;
  /// Stores a value of the column's type (or NULL).
  void Set(size_t row, const Value& value);
  /// Bytes held for cells, validity and arena.
  size_t memory_bytes() const;

 private:
  void StartNulls();

  LogicalType type_;
  bool constant_ = false;
  bool has_nulls_ = false;
  bool coded_ = false;
  size_t capacity_ = 0;
  std::unique_ptr<std::byte[]> cells_;
  std::vector<uint64_t> validity_;
  Arena arena_;
  std::unique_ptr<CellCodes> codes_;
};

/// PostgreSQL's order of two valid cells of the same type; see CompareValues.
int CompareCells(const Column& a, size_t a_row, const Column& b, size_t b_row);

/// Bytes that two cells of one type share exactly when they are equal, in the cell or in `buffer`; for hashing and
/// grouping. Documents and vectors, which differ in how their numbers are written, all give nothing: compare those.
std::string_view KeyBytes(const Column& column, size_t row, std::string& buffer);

}  // namespace rem
