#include "schema/column_type.h"

#include <cmath>

#include <fmt/format.h>

#include <rem/error.h>

#include "schema/json_pointer.h"
#include "types/cast.h"

namespace rem {

namespace {

constexpr int kMaxFollow = 32;
constexpr int64_t kMaxVectorDimension = 65'536;

// One bit for each kind of value; all bits is "anything".
enum Kinds : uint32_t {
  kNullBit = 1,
  kBoolBit = 2,
  kIntBit = 4,
  kNumberBit = 8,
  kTextBit = 16,
  kTimestampBit = 32,
  kUuidBit = 64,
  kArrayBit = 128,
  kObjectBit = 256,
  kAnyKinds = 511,
};

uint32_t TextKinds(const DocumentView& schema) {
  const auto format = schema.Find("format");
  if (format && format->kind() == NodeKind::kText) {
    if (format->AsText() == "date-time") return kTimestampBit;
    if (format->AsText() == "uuid") return kUuidBit;
  }
  return kTextBit;
}

uint32_t NamedKinds(std::string_view name, const DocumentView& schema) {
  if (name == "null") return kNullBit;
  if (name == "boolean") return kBoolBit;
  if (name == "integer") return kIntBit;
  if (name == "number") return kNumberBit;
  if (name == "string") return TextKinds(schema);
  if (name == "array") return kArrayBit;
  if (name == "object") return kObjectBit;
  return kAnyKinds;
}

uint32_t ValueKinds(const DocumentView& value) {
  switch (value.kind()) {
    case NodeKind::kNull:
      return kNullBit;
    case NodeKind::kBool:
      return kBoolBit;
    case NodeKind::kInt:
      return kIntBit;
    case NodeKind::kDouble:
      return kNumberBit;
    case NodeKind::kText:
      return kTextBit;
    case NodeKind::kArray:
      return kArrayBit;
    case NodeKind::kObject:
      return kObjectBit;
  }
  return kAnyKinds;
}

std::optional<DocumentView> LocalReference(const DocumentView& root, const DocumentView& schema) {
  const auto ref = schema.Find("$ref");
  if (!ref || ref->kind() != NodeKind::kText) return std::nullopt;
  const std::string_view text = ref->AsText();
  if (text.empty() || text[0] != '#') return std::nullopt;
  const auto pointer = PercentDecode(text.substr(1));
  return pointer ? ResolvePointer(root, *pointer) : std::nullopt;
}

uint32_t KindsOf(const DocumentView& root, const DocumentView& schema, int depth);

// What both sides admit. Text narrows to timestamp or uuid, a number to an integer.
uint32_t Intersect(uint32_t a, uint32_t b) {
  if (a == kAnyKinds) return b;
  if (b == kAnyKinds) return a;
  uint32_t both = a & b;
  constexpr uint32_t kTextual = kTextBit | kTimestampBit | kUuidBit;
  if ((both & kTextual) == 0 && (a & kTextual) && (b & kTextual)) {
    both |= ((a & kTextBit) ? b : a) & kTextual;
  }
  if ((both & (kIntBit | kNumberBit)) == 0 && (a & (kIntBit | kNumberBit)) && (b & (kIntBit | kNumberBit)))
    both |= kIntBit;
  return both;
}

uint32_t UnionOf(const DocumentView& root, const DocumentView& branches, int depth) {
  if (branches.kind() != NodeKind::kArray || branches.size() == 0) return kAnyKinds;
  uint32_t kinds = 0;
  for (size_t i = 0; i < branches.size(); ++i) kinds |= KindsOf(root, branches.At(i), depth + 1);
  return kinds;
}

uint32_t DeclaredKinds(const DocumentView& schema) {
  const auto type = schema.Find("type");
  if (!type) return kAnyKinds;
  if (type->kind() == NodeKind::kText) return NamedKinds(type->AsText(), schema);
  if (type->kind() != NodeKind::kArray) return kAnyKinds;
  uint32_t kinds = 0;
  for (size_t i = 0; i < type->size(); ++i) {
    kinds |= type->At(i).kind() == NodeKind::kText ? NamedKinds(type->At(i).AsText(), schema) : uint32_t{kAnyKinds};
  }
  return kinds;
}

uint32_t KindsOf(const DocumentView& root, const DocumentView& schema, int depth) {
  if (schema.kind() != NodeKind::kObject || depth > kMaxFollow) return kAnyKinds;
  uint32_t kinds = DeclaredKinds(schema);
  if (const auto value = schema.Find("const")) kinds = Intersect(kinds, ValueKinds(*value));
  if (const auto values = schema.Find("enum"); values && values->kind() == NodeKind::kArray && values->size() > 0) {
    uint32_t listed = 0;
    for (size_t i = 0; i < values->size(); ++i) listed |= ValueKinds(values->At(i));
    kinds = Intersect(kinds, listed);
  }
  if (const auto target = LocalReference(root, schema)) kinds = Intersect(kinds, KindsOf(root, *target, depth + 1));
  for (const std::string_view keyword : {"anyOf", "oneOf"}) {
    if (const auto branches = schema.Find(keyword)) kinds = Intersect(kinds, UnionOf(root, *branches, depth));
  }
  if (const auto branches = schema.Find("allOf"); branches && branches->kind() == NodeKind::kArray) {
    for (size_t i = 0; i < branches->size(); ++i) kinds = Intersect(kinds, KindsOf(root, branches->At(i), depth + 1));
  }
  return kinds;
}

LogicalType TypeOfKinds(uint32_t kinds) {
  switch (kinds & ~uint32_t{kNullBit}) {
    case kBoolBit:
      return LogicalType::kBool;
    case kIntBit:
      return LogicalType::kInt;
    case kNumberBit:
    case kIntBit | kNumberBit:
      return LogicalType::kDouble;
    case kTextBit:
    case kTextBit | kTimestampBit:
    case kTextBit | kUuidBit:
    case kTimestampBit | kUuidBit:
    case kTextBit | kTimestampBit | kUuidBit:
      return LogicalType::kText;
    case kTimestampBit:
      return LogicalType::kTimestamp;
    case kUuidBit:
      return LogicalType::kUuid;
    default:
      return LogicalType::kJson;
  }
}

bool IsNullSchema(const DocumentView& schema) {
  const auto type = schema.Find("type");
  return type && type->kind() == NodeKind::kText && type->AsText() == "null";
}

std::optional<DocumentView> OnlyBranch(const DocumentView& schema, std::string_view keyword, bool skip_null) {
  const auto branches = schema.Find(keyword);
  if (!branches || branches->kind() != NodeKind::kArray) return std::nullopt;
  std::optional<DocumentView> only;
  for (size_t i = 0; i < branches->size(); ++i) {
    const DocumentView branch = branches->At(i);
    if (skip_null && IsNullSchema(branch)) continue;
    if (only) return std::nullopt;
    only = branch;
  }
  return only;
}

[[noreturn]] void FailVector(std::string_view property, std::string_view why) {
  throw Error(ErrorCode::kInvalidSchema, fmt::format("vector property \"{}\" {}", property, why),
              "declare it as {\"type\": \"array\", \"items\": {\"type\": \"number\"}, \"vector\": {\"dimension\": "
              "384}} or with \"vector\": true");
}

// "sqlType" names the column's type where JSON Schema has none for it: {"type": "string", "sqlType": "numeric(10,2)"}.
void ReadSqlType(const DocumentView& declared, std::string_view property, ColumnType& out) {
  std::optional<SqlType> type;
  try {
    if (declared.kind() == NodeKind::kText) type = ParseSqlType(declared.AsText());
  } catch (const Error&) {
    type.reset();
  }
  if (!type) {
    throw Error(ErrorCode::kInvalidSchema, fmt::format("property \"{}\" has an unknown \"sqlType\"", property),
                "name a type of SQL, such as numeric(10,2), date, interval, bytea or integer[]");
  }
  if (type->type == LogicalType::kVector) return;
  out.type = type->type;
  out.modifier = type->modifier;
  out.padded = type->padded;
  if (IsArray(out.type)) out.element = ElementOf(out.type);
}

void ReadVector(const DocumentView& root, const DocumentView& vector, const DocumentView& array,
                std::string_view property, ColumnType& out) {
  if (vector.kind() == NodeKind::kBool && !vector.AsBool()) return;
  const auto items = array.Find("items");
  const bool numbers = items && !(KindsOf(root, *items, 0) & ~uint32_t{kIntBit | kNumberBit});
  if (!out.is_array || !numbers) FailVector(property, "is not an array of numbers");
  std::optional<DocumentView> dimension;
  if (vector.kind() == NodeKind::kObject) {
    dimension = vector.Find("dimension");
  } else if (vector.kind() != NodeKind::kBool) {
    FailVector(property, "has a \"vector\" that is neither true nor an object");
  }
  if (!dimension) {
    const auto least = array.Find("minItems");
    const auto most = array.Find("maxItems");
    if (least && most && *least == *most) dimension = least;
  }
  if (dimension) {
    if (dimension->kind() != NodeKind::kInt || dimension->AsInt() < 1 || dimension->AsInt() > kMaxVectorDimension) {
      FailVector(property, fmt::format("has a dimension that is not between 1 and {}", kMaxVectorDimension));
    }
    out.vector_dimension = static_cast<uint32_t>(dimension->AsInt());
  }
  out.is_vector = true;
  out.type = LogicalType::kVector;
}

}  // namespace

DocumentView FollowSchema(const DocumentView& root, const DocumentView& schema) {
  DocumentView at = schema;
  for (int i = 0; i < kMaxFollow && at.kind() == NodeKind::kObject; ++i) {
    if (at.Find("properties") || at.Find("items")) return at;
    std::optional<DocumentView> next = LocalReference(root, at);
    if (!next) next = OnlyBranch(at, "allOf", false);
    if (!next) next = OnlyBranch(at, "anyOf", true);
    if (!next) next = OnlyBranch(at, "oneOf", true);
    if (!next) return at;
    at = *next;
  }
  return at;
}

ColumnType ReadColumnType(const DocumentView& root, const DocumentView& schema, std::string_view property) {
  ColumnType out;
  const uint32_t kinds = KindsOf(root, schema, 0);
  out.type = TypeOfKinds(kinds);
  out.nullable = (kinds & kNullBit) != 0;
  out.is_array = (kinds & ~uint32_t{kNullBit}) == kArrayBit;
  out.is_object = (kinds & ~uint32_t{kNullBit}) == kObjectBit;
  const DocumentView target = FollowSchema(root, schema);
  if (out.is_array) {
    if (const auto items = target.Find("items")) {
      const LogicalType element = TypeOfKinds(KindsOf(root, *items, 0));
      if (element != LogicalType::kJson) out.element = element;
    }
  }
  auto declared = schema.Find("sqlType");
  if (!declared) declared = target.Find("sqlType");
  if (declared) ReadSqlType(*declared, property, out);
  auto vector = schema.Find("vector");
  if (!vector) vector = target.Find("vector");
  if (vector) ReadVector(root, *vector, target, property, out);
  return out;
}

}  // namespace rem
