#include "sql/executor/field_reader.h"

#include <algorithm>
#include <cmath>

#include "base/time.h"
#include "types/cast.h"
#include "types/document_codec.h"

namespace rem::sql {

namespace {

// The head of a row's properties, for fields that are found by their number; nullopt where they are stored by name.
std::optional<ContainerHead> HeadOf(std::string_view properties) {
  if (TagOf(properties) != NodeTag::kKeyedObject) return std::nullopt;
  return ReadContainer(properties);
}

// What StoreNode does, for the values that columns of these types nearly always have. False: nothing was stored.
bool StorePlain(std::string_view value, Column& column, size_t at) {
  const NodeTag tag = TagOf(value);
  switch (column.type()) {
    case LogicalType::kText:
      if (tag != NodeTag::kText) return false;
      column.data<std::string_view>()[at] = value.substr(1);
      return true;
    case LogicalType::kDouble:
      if (tag != NodeTag::kDouble) return false;
      column.data<double>()[at] = LoadFixed<double>(value.data() + 1);
      return true;
    case LogicalType::kInt:
      if (tag == NodeTag::kInt8) {
        column.data<int64_t>()[at] = LoadFixed<int8_t>(value.data() + 1);
      } else if (tag == NodeTag::kInt16) {
        column.data<int64_t>()[at] = LoadFixed<int16_t>(value.data() + 1);
      } else if (tag == NodeTag::kInt32) {
        column.data<int64_t>()[at] = LoadFixed<int32_t>(value.data() + 1);
      } else if (tag == NodeTag::kInt64) {
        column.data<int64_t>()[at] = LoadFixed<int64_t>(value.data() + 1);
      } else {
        return false;
      }
      return true;
    default:
      return false;
  }
}

// Makes a cell that points into a row point to a copy.
void CopyBytes(Column& column, size_t at, Arena& arena) {
  if (column.IsNull(at)) return;
  if (column.type() == LogicalType::kText) {
    auto& cell = column.data<std::string_view>()[at];
    cell = arena.Copy(cell);
  } else if (column.type() == LogicalType::kJson) {
    auto& cell = column.data<DocumentView>()[at];
    cell = DocumentView(arena.Copy(cell.bytes()), cell.keys());
  }
}

}  // namespace

FieldReader::FieldReader(const ExecContext& context, const Table& table, std::vector<ColumnId> columns)
    : context_(context), table_(table), ids_(std::move(columns)) {
  fields_.reserve(ids_.size());
  columns_.reserve(ids_.size());
  for (const ColumnId id : ids_) {
    const PlanColumn& plan = context.column(id);
    Field& field = fields_.emplace_back();
    field.source = plan.source;
    field.type = plan.type;
    field.path = &plan.path;
    if (plan.source == ColumnSource::kProperty) FindKey(field);
    if (plan.source == ColumnSource::kVector) field.vector = table.FindVector(plan.path[0]);
    columns_.emplace_back(plan.type);
    pointing_fields_ += plan.type == LogicalType::kText || plan.type == LogicalType::kJson ? 1 : 0;
  }
}

void FieldReader::Restart() {
  // Rows that came meanwhile may have brought names to the dictionary.
  for (Field& field : fields_)
    if (field.source == ColumnSource::kProperty && !field.key) FindKey(field);
}

void FieldReader::FindKey(Field& field) {
  field.key = table_.keys->Find(field.path->front());
  field.is_member = field.key.has_value() && field.path->size() == 1;
}

size_t FieldReader::memory_bytes() const {
  size_t bytes = 0;
  for (const Column& column : columns_) bytes += column.memory_bytes();
  return bytes;
}

void FieldReader::Start(size_t rows) {
  for (Column& column : columns_) column.Reset(rows);
}

void FieldReader::Read(size_t at, const RowView& row, std::string_view properties, RowId row_id, Arena* copies) {
  const std::optional<ContainerHead> head = HeadOf(properties);
  for (size_t i = 0; i < fields_.size(); ++i) {
    Field& field = fields_[i];
    Column& column = columns_[i];
    switch (field.source) {
      case ColumnSource::kProperty:
        if (head && field.is_member) {
          ReadMember(field, column, at, *head);
        } else {
          ReadProperty(field, column, at, properties);
        }
        if (copies != nullptr) CopyBytes(column, at, *copies);
        break;
      case ColumnSource::kUndeclared:
        ReadUndeclared(column, at, properties);
        break;
      case ColumnSource::kId:
        column.data<Uuid>()[at] = row.id();
        break;
      case ColumnSource::kCreatedAt:
        column.data<int64_t>()[at] = row.created_at();
        break;
      case ColumnSource::kModifiedAt:
        column.data<int64_t>()[at] = row.modified_at();
        break;
      case ColumnSource::kDeletedAt:
        if (const auto deleted_at = row.deleted_at()) {
          column.data<int64_t>()[at] = *deleted_at;
        } else {
          column.SetNull(at);
        }
        break;
      case ColumnSource::kRowId:
        column.data<int64_t>()[at] = static_cast<int64_t>(row_id);
        break;
      case ColumnSource::kVector:
        ReadVector(field, column, at, row_id);
        break;
      case ColumnSource::kComputed:
        REM_CHECK(false);
        break;
    }
  }
}

void FieldReader::ReadProperties(size_t at, std::string_view properties, RowId row_id) {
  const std::optional<ContainerHead> head = HeadOf(properties);
  for (size_t i = 0; i < fields_.size(); ++i) {
    Field& field = fields_[i];
    if (head && field.is_member) {
      ReadMember(field, columns_[i], at, *head);
    } else if (field.source == ColumnSource::kProperty) {
      ReadProperty(field, columns_[i], at, properties);
    } else if (field.source == ColumnSource::kUndeclared) {
      ReadUndeclared(columns_[i], at, properties);
    } else {
      REM_DCHECK(field.source == ColumnSource::kVector);
      ReadVector(field, columns_[i], at, row_id);
    }
  }
}

// FindMemberById with the head at hand.
void FieldReader::ReadMember(Field& field, Column& column, size_t at, const ContainerHead& head) {
  if (field.hint >= head.count || head.id(field.hint) != *field.key) {
    const auto place = FindId(head, *field.key);
    if (!place) return column.SetNull(at);
    field.hint = *place;
  }
  const std::string_view value = head.value(field.hint);
  if (!StorePlain(value, column, at)) StoreNode(DocumentView(value, table_.keys.get()), column, at);
}

bool FieldReader::FindNode(Field& field, std::string_view properties, DocumentView& node) {
  if (field.key) {
    std::string_view value;
    if (!FindMemberById(properties, *field.key, *table_.keys, field.hint, value)) return false;
    node = DocumentView(value, table_.keys.get());
  } else {
    // The dictionary is full, or got the name after this query was planned.
    const auto found = DocumentView(properties, table_.keys.get()).Find(field.path->front());
    if (!found) return false;
    node = *found;
  }
  for (size_t i = 1; i < field.path->size(); ++i) {
    if (node.kind() != NodeKind::kObject) return false;
    const auto found = node.Find((*field.path)[i]);
    if (!found) return false;
    node = *found;
  }
  return true;
}

void FieldReader::ReadProperty(Field& field, Column& column, size_t at, std::string_view properties) {
  DocumentView node;
  if (!FindNode(field, properties, node)) return column.SetNull(at);
  StoreNode(node, column, at);
}

void StoreNode(const DocumentView& node, Column& column, size_t at) {
  const NodeKind kind = node.kind();
  switch (column.type()) {
    case LogicalType::kJson:
      if (kind == NodeKind::kNull) return column.SetNull(at);
      column.data<DocumentView>()[at] = node;
      return;
    case LogicalType::kText:
      if (kind != NodeKind::kText) return column.SetNull(at);
      column.data<std::string_view>()[at] = node.AsText();
      return;
    case LogicalType::kInt: {
      if (kind == NodeKind::kInt) {
        column.data<int64_t>()[at] = node.AsInt();
        return;
      }
      const double value = kind == NodeKind::kDouble ? node.AsDouble() : 0.5;
      if (!(value >= -0x1p63 && value < 0x1p63 && value == std::trunc(value))) return column.SetNull(at);
      column.data<int64_t>()[at] = static_cast<int64_t>(value);
      return;
    }
    case LogicalType::kDouble:
      if (!node.IsNumber()) {
        const auto value = ValueFromNode(node, LogicalType::kDouble);  // NaN and the infinities are texts.
        return column.Set(at, value ? *value : Value());
      }
      column.data<double>()[at] = node.AsDouble();
      return;
    case LogicalType::kBool:
      if (kind != NodeKind::kBool) return column.SetNull(at);
      column.data<uint8_t>()[at] = node.AsBool();
      return;
    case LogicalType::kTimestamp: {
      const auto micros = kind == NodeKind::kText ? ParseTimestampMicros(node.AsText()) : std::nullopt;
      if (!micros) {
        const auto value = ValueFromNode(node, LogicalType::kTimestamp);  // Infinity, or a year of other length.
        return column.Set(at, value ? *value : Value());
      }
      column.data<int64_t>()[at] = *micros;
      return;
    }
    case LogicalType::kUuid: {
      const auto uuid = kind == NodeKind::kText ? Uuid::Parse(node.AsText()) : std::nullopt;
      if (!uuid) return column.SetNull(at);
      column.data<Uuid>()[at] = *uuid;
      return;
    }
    default: {
      // Other types are texts or arrays of the document, or numbers with bounds.
      const auto value = ValueFromNode(node, column.type());
      column.Set(at, value ? *value : Value());
    }
  }
}

void FieldReader::ReadUndeclared(Column& column, size_t at, std::string_view properties) {
  const DocumentView all(properties, table_.keys.get());
  DocumentBuilder builder;
  size_t members = 0;
  for (size_t i = 0; i < all.size(); ++i) {
    if (table_.FindColumn(all.KeyAt(i)) != nullptr) continue;
    if (members++ == 0) builder.BeginObject();
    builder.Key(all.KeyAt(i));
    builder.Copy(all.ValueAt(i));
  }
  if (members == 0) return column.SetNull(at);
  builder.EndObject();
  column.Set(at, Value(builder.Finish()));
}

void FieldReader::ReadVector(const Field& field, Column& column, size_t at, RowId row_id) {
  if (field.vector == nullptr || !context_.view->GetVector(table_, *field.vector, row_id, vector_))
    return column.SetNull(at);
  column.Set(at, Value(vector_));
}

}  // namespace rem::sql
