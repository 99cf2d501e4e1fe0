#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sql/executor/operator.h"
#include "storage/row_codec.h"
#include "types/arena.h"
#include "types/document_layout.h"

namespace rem::sql {

/// Decodes some fields of stored rows straight into columns. Texts and documents point into the row's bytes, which the
/// caller keeps alive unless it has them copied.
class FieldReader {
 public:
  FieldReader(const ExecContext& context, const Table& table, std::vector<ColumnId> columns);

  const std::vector<ColumnId>& ids() const { return ids_; }
  const Column& column(size_t i) const { return columns_[i]; }
  size_t memory_bytes() const;
  /// How many fields point into the row.
  size_t pointing_fields() const { return pointing_fields_; }
  /// Begins another execution of the query that it was made for.
  void Restart();
  /// Makes room for a batch.
  void Start(size_t rows);
  /// `copies`, where it is given, takes what fields point to.
  void Read(size_t at, const RowView& row, std::string_view properties, RowId row_id, Arena* copies = nullptr);
  /// As Read, where no field lies in the row's head.
  void ReadProperties(size_t at, std::string_view properties, RowId row_id);

 private:
  struct Field {
    ColumnSource source = ColumnSource::kProperty;
    LogicalType type = LogicalType::kText;
    const std::vector<std::string>* path = nullptr;  ///< The plan's.
    std::optional<uint32_t> key;
    uint32_t hint = 0;
    bool is_member = false;  ///< Of the row itself, by `key`, not of an object in it.
    const VectorColumn* vector = nullptr;
  };

  void ReadMember(Field& field, Column& column, size_t at, const ContainerHead& head);
  void FindKey(Field& field);
  bool FindNode(Field& field, std::string_view properties, DocumentView& node);
  void ReadProperty(Field& field, Column& column, size_t at, std::string_view properties);
  void ReadUndeclared(Column& column, size_t at, std::string_view properties);
  void ReadVector(const Field& field, Column& column, size_t at, RowId row_id);

  const ExecContext& context_;
  const Table& table_;
  std::vector<ColumnId> ids_;
  std::vector<Field> fields_;
  std::vector<Column> columns_;
  VectorValue vector_;
  size_t pointing_fields_ = 0;
};

/// Stores a JSON node in a column of its type, as ValueFromNode does; NULL for JSON null, and where the node is no such
/// value.
void StoreNode(const DocumentView& node, Column& column, size_t at);

}  // namespace rem::sql
