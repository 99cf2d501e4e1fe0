#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "schema/column_type.h"
#include "schema/json_pointer.h"
#include "schema/table_schema.h"
#include "types/compare.h"

namespace rem {

namespace {

constexpr int kMaxDepth = 64;
constexpr size_t kMaxConflicts = 50;
// Alternatives inside alternatives are tried against each other.
constexpr size_t kMaxSteps = 20'000;

// Keywords that only narrow: to drop them is safe, to add or change them is not.
constexpr std::string_view kNarrowing[] = {"pattern",
                                           "format",
                                           "multipleOf",
                                           "not",
                                           "allOf",
                                           "oneOf",
                                           "if",
                                           "then",
                                           "else",
                                           "contains",
                                           "minContains",
                                           "maxContains",
                                           "prefixItems",
                                           "propertyNames",
                                           "patternProperties",
                                           "dependentRequired",
                                           "dependentSchemas",
                                           "dependencies",
                                           "unevaluatedProperties",
                                           "unevaluatedItems",
                                           "additionalItems",
                                           "$dynamicRef",
                                           "$recursiveRef"};
// Among these the meaning of one depends on another, so that dropping one may narrow as well.
constexpr std::string_view kEntangled[] = {
    "if", "then", "else", "minContains", "prefixItems", "patternProperties", "additionalItems", "contains"};

template <size_t N>
bool Has(const std::string_view (&list)[N], std::string_view name) {
  return std::find(std::begin(list), std::end(list), name) != std::end(list);
}

bool IsAnything(const DocumentView& schema) {
  return (schema.kind() == NodeKind::kBool && schema.AsBool()) ||
         (schema.kind() == NodeKind::kObject && schema.size() == 0);
}

/// Collects reasons why a row that `before` accepts may not be accepted by `after`.
class SchemaComparison {
 public:
  SchemaComparison(const DocumentView& before_root, const DocumentView& after_root, std::vector<std::string>& conflicts)
      : before_root_(before_root), after_root_(after_root), conflicts_(&conflicts) {
    same_definitions_ = SameMember("$defs") && SameMember("definitions");
  }

  void Compare(const DocumentView& before_schema, const DocumentView& after_schema, const std::string& path,
               int depth) {
    const DocumentView before = Follow(before_root_, before_schema);
    const DocumentView after = Follow(after_root_, after_schema);
    if (IsAnything(after)) return;
    // A reference to a place outside the definitions leads to what is compared anyway.
    if (same_definitions_ && before == after) return;
    if (++steps_ > kMaxSteps) return Add("the schemas are too complex to compare");
    if (!open_.emplace(before.bytes().data(), after.bytes().data()).second) return;
    if (depth > kMaxDepth || after.kind() != NodeKind::kObject || before.kind() != NodeKind::kObject) {
      if (!(before == after)) Add(fmt::format("schema of {} changes", Name(path)));
      return;
    }
    if (before.Find("anyOf") || after.Find("anyOf")) {
      CompareAlternatives(before, after, path, depth);
    } else {
      CompareType(before, after, path);
    }
    CompareValues(before, after, path);
    CompareLimits(before, after, path);
    CompareNarrowing(before, after, path);
    CompareObjects(before, after, path, depth);
    CompareItems(before, after, path, depth);
  }

 private:
  static DocumentView Follow(const DocumentView& root, const DocumentView& schema) {
    DocumentView at = schema;
    for (int i = 0; i < kMaxDepth && at.kind() == NodeKind::kObject; ++i) {
      const auto ref = at.Find("$ref");
      if (!ref || ref->kind() != NodeKind::kText || !ref->AsText().starts_with('#')) break;
      const auto pointer = PercentDecode(ref->AsText().substr(1));
      const auto target = pointer ? ResolvePointer(root, *pointer) : std::nullopt;
      if (!target) break;
      at = *target;
    }
    return at;
  }

  static std::string Name(const std::string& path) { return path.empty() ? "the record" : "\"" + path + "\""; }

  void Add(std::string conflict) {
    if (conflicts_->size() < kMaxConflicts &&
        std::find(conflicts_->begin(), conflicts_->end(), conflict) == conflicts_->end()) {
      conflicts_->push_back(std::move(conflict));
    }
  }

  static std::vector<std::string> TypesOf(const DocumentView& schema) {
    std::vector<std::string> types;
    const auto type = schema.Find("type");
    if (type && type->kind() == NodeKind::kText) types.emplace_back(type->AsText());
    for (size_t i = 0; type && type->kind() == NodeKind::kArray && i < type->size(); ++i) {
      if (type->At(i).kind() == NodeKind::kText) types.emplace_back(type->At(i).AsText());
    }
    return types;
  }

  static std::string Join(const std::vector<std::string>& types) {
    std::string out;
    for (const std::string& type : types) (out += out.empty() ? "" : " or ") += type;
    return out.empty() ? "anything" : out;
  }

  void CompareType(const DocumentView& before, const DocumentView& after, const std::string& path) {
    const std::vector<std::string> old_types = TypesOf(before);
    const std::vector<std::string> new_types = TypesOf(after);
    if (new_types.empty()) return;
    const auto admits = [&](const std::string& type) {
      const auto has = [&](std::string_view name) {
        return std::find(new_types.begin(), new_types.end(), name) != new_types.end();
      };
      return has(type) || (type == "integer" && has("number"));
    };
    if (!old_types.empty() && std::all_of(old_types.begin(), old_types.end(), admits)) return;
    if (old_types.empty() && (before.Find("const") || before.Find("enum"))) return;
    Add(fmt::format("type of {} changes from {} to {}", Name(path), Join(old_types), Join(new_types)));
  }

  static std::vector<DocumentView> Listed(const DocumentView& schema) {
    std::vector<DocumentView> values;
    if (const auto value = schema.Find("const")) return {*value};
    const auto list = schema.Find("enum");
    for (size_t i = 0; list && list->kind() == NodeKind::kArray && i < list->size(); ++i) values.push_back(list->At(i));
    return values;
  }

  void CompareValues(const DocumentView& before, const DocumentView& after, const std::string& path) {
    if (!after.Find("enum") && !after.Find("const")) return;
    if (!before.Find("enum") && !before.Find("const"))
      return Add(fmt::format("values of {} become limited to a list", Name(path)));
    const std::vector<DocumentView> allowed = Listed(after);
    for (const DocumentView& value : Listed(before)) {
      if (std::find(allowed.begin(), allowed.end(), value) == allowed.end())
        Add(fmt::format("value {} of {} is no longer allowed", value.ToJson(), Name(path)));
    }
  }

  void CompareLimits(const DocumentView& before, const DocumentView& after, const std::string& path) {
    for (const std::string_view keyword : {"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"})
      CompareLimit(before, after, keyword, true, path);
    for (const std::string_view keyword : {"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"})
      CompareLimit(before, after, keyword, false, path);
    const auto unique = after.Find("uniqueItems");
    const auto was_unique = before.Find("uniqueItems");
    const auto is_true = [](const std::optional<DocumentView>& value) {
      return value && value->kind() == NodeKind::kBool && value->AsBool();
    };
    if (is_true(unique) && !is_true(was_unique)) Add(fmt::format("items of {} must become unique", Name(path)));
  }

  void CompareLimit(const DocumentView& before, const DocumentView& after, std::string_view keyword, bool lower,
                    const std::string& path) {
    const auto limit = after.Find(keyword);
    if (!limit || !limit->IsNumber()) return;
    const auto old_limit = before.Find(keyword);
    if (!old_limit || !old_limit->IsNumber()) {
      if (lower && keyword != "minimum" && keyword != "exclusiveMinimum" && limit->AsDouble() <= 0) return;
      return Add(fmt::format("{} of {} gets a {} of {}", lower ? "lower limit" : "upper limit", Name(path), keyword,
                             limit->ToJson()));
    }
    const auto order = CompareDocuments(*limit, *old_limit);
    if (lower ? order <= 0 : order >= 0) return;
    Add(fmt::format("{} of {} tightens from {} to {}", keyword, Name(path), old_limit->ToJson(), limit->ToJson()));
  }

  void CompareNarrowing(const DocumentView& before, const DocumentView& after, const std::string& path) {
    for (const std::string_view keyword : kNarrowing) {
      const auto old_value = before.Find(keyword);
      const auto value = after.Find(keyword);
      if (!value && (!old_value || !Has(kEntangled, keyword))) continue;
      if (value && old_value && *value == *old_value) continue;
      const std::string_view verb = !old_value ? "is added" : (value ? "changes" : "is removed");
      Add(fmt::format("\"{}\" of {} {}", keyword, Name(path), verb));
    }
    // What could not be followed is compared as it is written.
    const auto ref = after.Find("$ref");
    const auto old_ref = before.Find("$ref");
    if (ref && (!old_ref || !(*old_ref == *ref))) Add(fmt::format("\"$ref\" of {} changes", Name(path)));
  }

  static bool Lists(const DocumentView& schema, std::string_view name) {
    const auto required = schema.Find("required");
    for (size_t i = 0; required && required->kind() == NodeKind::kArray && i < required->size(); ++i) {
      if (required->At(i).kind() == NodeKind::kText && required->At(i).AsText() == name) return true;
    }
    return false;
  }

  static std::string Child(const std::string& path, std::string_view name) {
    return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
  }

  void CompareObjects(const DocumentView& before, const DocumentView& after, const std::string& path, int depth) {
    const auto required = after.Find("required");
    for (size_t i = 0; required && required->kind() == NodeKind::kArray && i < required->size(); ++i) {
      const DocumentView name = required->At(i);
      if (name.kind() == NodeKind::kText && !Lists(before, name.AsText()))
        Add(fmt::format("property \"{}\" becomes required", Child(path, name.AsText())));
    }
    const auto old_properties = before.Find("properties");
    const auto properties = after.Find("properties");
    const auto additional = after.Find("additionalProperties");
    const bool open = !additional || IsAnything(*additional);
    for (size_t i = 0; old_properties && i < old_properties->size(); ++i) {
      const std::string_view name = old_properties->KeyAt(i);
      const std::string child = Child(path, name);
      const auto property = properties ? properties->Find(name) : std::nullopt;
      if (property) {
        Compare(old_properties->ValueAt(i), *property, child, depth + 1);
      } else if (!open) {
        Add(fmt::format("property \"{}\" is removed while additional properties are not allowed", child));
      }
    }
    CompareAdditional(before, additional, open, path, depth);
  }

  void CompareAdditional(const DocumentView& before, const std::optional<DocumentView>& additional, bool open,
                         const std::string& path, int depth) {
    if (open) return;
    const auto old_additional = before.Find("additionalProperties");
    if (!old_additional || IsAnything(*old_additional)) {
      Add(fmt::format("additional properties of {} become {}", Name(path),
                      additional->kind() == NodeKind::kBool ? "forbidden" : "limited"));
    } else if (old_additional->kind() == NodeKind::kObject) {
      Compare(*old_additional, *additional, Child(path, "*"), depth + 1);
    }
  }

  void CompareItems(const DocumentView& before, const DocumentView& after, const std::string& path, int depth) {
    const auto items = after.Find("items");
    if (!items || IsAnything(*items)) return;
    const auto old_items = before.Find("items");
    if (!old_items) return Add(fmt::format("items of {} become limited", Name(path)));
    if (items->kind() == NodeKind::kArray || old_items->kind() == NodeKind::kArray) {
      if (!(*items == *old_items)) Add(fmt::format("\"items\" of {} changes", Name(path)));
      return;
    }
    Compare(*old_items, *items, path + "[]", depth + 1);
  }

  static std::vector<DocumentView> Alternatives(const DocumentView& schema) {
    const auto list = schema.Find("anyOf");
    if (!list || list->kind() != NodeKind::kArray) return {schema};
    std::vector<DocumentView> out;
    for (size_t i = 0; i < list->size(); ++i) out.push_back(list->At(i));
    return out;
  }

  // Every alternative of before must fit into one of after's. The other keywords beside anyOf are compared by the
  // caller.
  void CompareAlternatives(const DocumentView& before, const DocumentView& after, const std::string& path, int depth) {
    const bool split_types = !before.Find("anyOf") && TypesOf(before).size() > 1;
    if (split_types || (before.Find("anyOf") && before.Find("type"))) {
      const auto old_list = before.Find("anyOf");
      const auto list = after.Find("anyOf");
      if (!old_list || !list || !(*old_list == *list)) Add(fmt::format("\"anyOf\" of {} changes", Name(path)));
      return;
    }
    for (const DocumentView& old_branch : Alternatives(before)) {
      std::vector<std::string> reasons;
      bool fits = false;
      for (const DocumentView& branch : Alternatives(after)) {
        std::vector<std::string> found;
        // A set of open pairs of its own: what was cut off there must not count as compared here.
        SchemaComparison comparison(before_root_, after_root_, found);
        comparison.open_ = open_;
        comparison.steps_ = steps_;
        if (after.Find("anyOf")) {
          comparison.Compare(old_branch, branch, path, depth + 1);
        } else {
          comparison.CompareType(Follow(before_root_, old_branch), branch, path);
        }
        steps_ = comparison.steps_;
        if (found.empty()) {
          fits = true;
          break;
        }
        if (reasons.empty()) reasons = found;
      }
      if (fits) continue;
      for (std::string& reason : reasons) Add(std::move(reason));
    }
  }

  bool SameMember(std::string_view key) const {
    const auto before = before_root_.Find(key);
    const auto after = after_root_.Find(key);
    return before && after ? *before == *after : before.has_value() == after.has_value();
  }

  DocumentView before_root_;
  DocumentView after_root_;
  std::vector<std::string>* conflicts_;
  bool same_definitions_ = false;
  size_t steps_ = 0;
  // Pairs that are compared already or just now: recursive schemas end.
  std::set<std::pair<const char*, const char*>> open_;
};

std::vector<IndexedField> Minus(const std::vector<IndexedField>& from, const std::vector<IndexedField>& those) {
  std::vector<IndexedField> out;
  for (const IndexedField& index : from) {
    const bool there =
        std::any_of(those.begin(), those.end(), [&](const IndexedField& other) { return index.SameEntries(other); });
    if (!there) out.push_back(index);
  }
  return out;
}

void CompareColumns(const TableSchema& before, const TableSchema& after, std::vector<std::string>& conflicts) {
  for (const ColumnSchema& column : after.columns) {
    const auto old = std::find_if(before.columns.begin(), before.columns.end(),
                                  [&](const ColumnSchema& c) { return c.name == column.name; });
    if (old == before.columns.end()) continue;
    const auto declared = [](LogicalType type) { return IsArray(type) || type > LogicalType::kVector; };
    if (column.type != old->type && (declared(column.type) || declared(old->type))) {
      conflicts.push_back(fmt::format("SQL type of \"{}\" changes from {} to {}", column.name,
                                      LogicalTypeName(old->type), LogicalTypeName(column.type)));
      continue;
    }
    const bool vector = column.type == LogicalType::kVector;
    if (vector != (old->type == LogicalType::kVector)) {
      conflicts.push_back(fmt::format("property \"{}\" {} a vector", column.name, vector ? "becomes" : "is no longer"));
    } else if (vector && old->vector_dimension != column.vector_dimension && column.vector_dimension != 0) {
      if (old->vector_dimension == 0) {
        conflicts.push_back(
            fmt::format("dimension of vector \"{}\" becomes fixed at {}", column.name, column.vector_dimension));
      } else {
        conflicts.push_back(fmt::format("dimension of vector \"{}\" changes from {} to {}", column.name,
                                        old->vector_dimension, column.vector_dimension));
      }
    }
  }
}

}  // namespace

SchemaDifference CompareSchemas(const TableSchema& before, const TableSchema& after) {
  SchemaDifference difference;
  difference.identical = before.json_schema == after.json_schema && before.name == after.name;
  if (difference.identical) return difference;
  SchemaComparison(before.json_schema, after.json_schema, difference.conflicts)
      .Compare(before.json_schema, after.json_schema, "", 0);
  CompareColumns(before, after, difference.conflicts);
  if (before.made_by_sql && !after.made_by_sql)
    difference.conflicts.push_back("the table was made by CREATE TABLE, and its keys and constraints would be lost");
  if (before.key_field != after.key_field) {
    const auto shown = [](const std::string& field) {
      return field.empty() ? std::string("none") : "\"" + field + "\"";
    };
    difference.conflicts.push_back(
        fmt::format("key_field changes from {} to {}, so existing rows would not be found by their key",
                    shown(before.key_field), shown(after.key_field)));
  }
  difference.added_indexes = Minus(after.indexes, before.indexes);
  difference.dropped_indexes = Minus(before.indexes, after.indexes);
  difference.embedding_changed = before.embedding_fields != after.embedding_fields ||
                                 before.embedding_provider != after.embedding_provider ||
                                 before.embedding_provider_alt != after.embedding_provider_alt;
  return difference;
}

}  // namespace rem
