#include "store/reference_checks.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <rem/error.h>

#include "base/check.h"
#include "storage/row_codec.h"
#include "store/record_entries.h"
#include "store/unique_keys.h"
#include "types/cast.h"

namespace rem {
namespace {

using Action = TableConstraint::Action;
using Kind = TableConstraint::Kind;

TablePtr FindRegistered(const CatalogSnapshot& catalog, const std::string& name) {
  for (const TablePtr& table : catalog.tables()) {
    if (table->schema.name == name) return table;
  }
  return nullptr;
}

LogicalType TypeOf(const Table& table, const std::string& column) {
  const ColumnSchema* known = table.FindColumn(column);
  REM_CHECK(known != nullptr);
  return known->type;
}

/// The values of some columns; nullopt when one of them is NULL, which refers to nothing.
std::optional<std::vector<Value>> KeyOf(const Table& table, const DocumentView& properties,
                                        const std::vector<std::string>& columns) {
  std::vector<Value> key;
  for (const std::string& column : columns) {
    const auto node = properties.Find(column);
    auto value = node ? ValueFromNode(*node, TypeOf(table, column)) : std::nullopt;
    if (!value || value->IsNull()) return std::nullopt;
    key.push_back(std::move(*value));
  }
  return key;
}

/// A record of `table` that has only these values: what its indexes have for it.
Document Keyed(const Table& table, const std::vector<std::string>& columns, const std::vector<Value>& values) {
  DocumentBuilder out;
  out.BeginObject();
  for (size_t i = 0; i < columns.size(); ++i) {
    const LogicalType type = TypeOf(table, columns[i]);
    out.Key(columns[i]);
    out.Copy(StoredFromValue(values[i].type() == type ? values[i] : CastValue(values[i], type)));
  }
  out.EndObject();
  return out.Finish();
}

std::string Listed(const std::vector<std::string>& columns, const std::vector<Value>& values) {
  std::string names, texts;
  for (size_t i = 0; i < columns.size(); ++i) {
    names += (i == 0 ? "" : ", ") + columns[i];
    texts += (i == 0 ? "" : ", ") + values[i].ToText();
  }
  return fmt::format("Key ({})=({})", names, texts);
}

class Enforcer {
 public:
  Enforcer(Transaction& transaction, const Transaction::Mark& since, const ReadView& before)
      : transaction_(transaction), catalog_(transaction.catalog()), before_(before), first_(since.changes) {}

  void Run() {
    // Cascades add changes at the end.
    for (size_t i = first_; i < transaction_.changes().size(); ++i) {
      const LogEntry entry = transaction_.changes()[i].entry;
      if (entry.live_before && seen_.insert({entry.table, entry.row}).second) Vacated(entry);
    }
    for (const Vacancy& vacancy : vacancies_) CheckVacancy(vacancy);
    std::set<std::pair<TableId, RowId>> checked;
    for (size_t i = first_; i < transaction_.changes().size(); ++i) {
      const LogEntry entry = transaction_.changes()[i].entry;
      if (checked.insert({entry.table, entry.row}).second) CheckReferences(entry);
    }
  }

  void CheckTable(const Table& child) {
    RowCursor cursor = before_.ScanRows(child);
    while (cursor.Next()) {
      LogEntry entry;
      entry.table = child.id;
      entry.row = cursor.row_id();
      CheckReferences(entry);
    }
  }

 private:
  /// A key that a statement took away, and a foreign key that refers to such keys.
  struct Vacancy {
    TablePtr parent;
    TablePtr child;
    const TableConstraint* constraint = nullptr;
    std::vector<Value> key;
  };

  bool Read(const Table& table, RowId row, std::string& bytes) const {
    return transaction_.reader().Get(Family::kRows, RowKey(table.tenant, table.id, row), bytes) &&
           !RowView(bytes, nullptr).deleted();
  }

  const IndexDefinition* ParentIndex(const Table& parent, const TableConstraint& constraint) const {
    std::vector<std::string> wanted = constraint.references;
    std::ranges::sort(wanted);
    for (const IndexDefinition& index : parent.indexes) {
      if (!index.field.unique) continue;
      std::vector<std::string> columns = {index.field.path[0]};
      for (const IndexedField& part : index.field.more) columns.push_back(part.path[0]);
      std::ranges::sort(columns);
      if (columns == wanted) return &index;
    }
    throw Error(ErrorCode::kInternal, fmt::format("foreign key \"{}\" has no key to refer to", constraint.name),
                "drop the constraint and add it again");
  }

  std::optional<RowId> FindParent(const Table& parent, const TableConstraint& constraint,
                                  const std::vector<Value>& key) const {
    Document keyed;
    try {
      keyed = Keyed(parent, constraint.references, key);
    } catch (const Error&) {
      return std::nullopt;  // A value that the parent's type cannot have.
    }
    const IndexDefinition* index = ParentIndex(parent, constraint);
    for (const UniqueKey& one : UniqueKeysOf(parent, keyed)) {
      if (one.index == index) return FindDuplicate(transaction_.reader(), parent, one, keyed, 0);
    }
    return std::nullopt;
  }

  /// The entries of the child's index on its foreign key start with this.
  std::string ChildPrefix(const Table& child, const TableConstraint& constraint, const std::vector<Value>& key) const {
    const IndexDefinition* index = child.FindIndex(constraint.name);
    REM_CHECK(index != nullptr);
    std::string prefix = IndexPrefix(child.tenant, index->id);
    AppendIndexedValues(index->field, Keyed(child, constraint.columns, key), prefix);
    return prefix;
  }

  std::vector<RowId> FindChildren(const Vacancy& vacancy) const {
    std::vector<RowId> rows;
    std::string prefix;
    Document keyed;
    try {
      prefix = ChildPrefix(*vacancy.child, *vacancy.constraint, vacancy.key);
      keyed = Keyed(*vacancy.child, vacancy.constraint->columns, vacancy.key);
    } catch (const Error&) {
      return rows;  // A value that the child's type cannot have.
    }
    auto it = transaction_.reader().Scan(Family::kIndex, {.lower = prefix, .upper = PrefixEnd(prefix)});
    std::string bytes;
    for (it->SeekToFirst(); it->Valid(); it->Next()) {
      const RowId row = RowIdOfIndexKey(it->key());
      if (!Read(*vacancy.child, row, bytes)) continue;
      // The index holds long texts cut.
      const DocumentView properties = RowView(bytes, vacancy.child->keys.get()).properties();
      if (SameIndexedValues(*vacancy.child, vacancy.child->FindIndex(vacancy.constraint->name)->field, properties,
                            keyed))
        rows.push_back(row);
    }
    return rows;
  }

  void Vacated(const LogEntry& entry) {
    const TablePtr parent = catalog_->FindById(entry.table);
    std::string old_bytes, new_bytes;
    if (!before_.GetRow(*parent, entry.row, old_bytes)) return;
    const RowView old(old_bytes, parent->keys.get());
    if (old.deleted()) return;
    const bool live = Read(*parent, entry.row, new_bytes);
    for (const TablePtr& child : catalog_->tables()) {
      for (const TableConstraint& constraint : child->schema.constraints) {
        if (constraint.kind != Kind::kForeignKey || constraint.table != parent->schema.name) continue;
        const auto old_key = KeyOf(*parent, old.properties(), constraint.references);
        if (!old_key) continue;
        std::optional<std::vector<Value>> new_key;
        if (live) {
          const DocumentView now = RowView(new_bytes, parent->keys.get()).properties();
          if (SameIndexedValues(*parent, ParentIndex(*parent, constraint)->field, old.properties(), now)) continue;
          new_key = KeyOf(*parent, now, constraint.references);
        }
        const Vacancy vacancy{parent, child, &constraint, *old_key};
        Act(vacancy, live ? constraint.on_update : constraint.on_delete, new_key);
        vacancies_.push_back(vacancy);
      }
    }
  }

  void Act(const Vacancy& vacancy, Action action, const std::optional<std::vector<Value>>& new_key) {
    if (action == Action::kNoAction || FindParent(*vacancy.parent, *vacancy.constraint, vacancy.key)) return;
    std::string bytes;
    for (const RowId row : FindChildren(vacancy)) {
      if (!Read(*vacancy.child, row, bytes)) continue;
      const Uuid id = RowView(bytes, nullptr).id();
      if (action == Action::kCascade && !new_key) {
        transaction_.writer().Delete(id);
        continue;
      }
      DocumentBuilder members;
      members.BeginObject();
      for (size_t i = 0; i < vacancy.constraint->columns.size(); ++i) {
        const std::string& column = vacancy.constraint->columns[i];
        members.Key(column);
        if (action == Action::kCascade) {
          members.Copy(StoredFromValue(CastValue((*new_key)[i], TypeOf(*vacancy.child, column))));
        } else {
          members.Null();
        }
      }
      members.EndObject();
      transaction_.writer().Replace(id, members.Finish());
    }
  }

  void CheckVacancy(const Vacancy& vacancy) {
    if (FindParent(*vacancy.parent, *vacancy.constraint, vacancy.key)) return;
    if (!FindChildren(vacancy).empty()) {
      throw Error(ErrorCode::kForeignKeyViolation,
                  fmt::format("update or delete on table \"{}\" violates foreign key constraint \"{}\" on table \"{}\"",
                              vacancy.parent->name(), vacancy.constraint->name, vacancy.child->name()),
                  "delete the records that refer to it first")
          .WithDetail(fmt::format("{} is still referenced from table \"{}\".",
                                  Listed(vacancy.constraint->references, vacancy.key), vacancy.child->name()));
    }
    transaction_.KeepVacant(ChildPrefix(*vacancy.child, *vacancy.constraint, vacancy.key));
  }

  void CheckReferences(const LogEntry& entry) {
    const TablePtr child = catalog_->FindById(entry.table);
    std::string bytes, parent_bytes;
    for (const TableConstraint& constraint : child->schema.constraints) {
      if (constraint.kind != Kind::kForeignKey || !Read(*child, entry.row, bytes)) continue;
      const auto key = KeyOf(*child, RowView(bytes, child->keys.get()).properties(), constraint.columns);
      if (!key) continue;
      const TablePtr parent = FindRegistered(*catalog_, constraint.table);
      const auto row = parent == nullptr ? std::nullopt : FindParent(*parent, constraint, *key);
      if (!row || !Read(*parent, *row, parent_bytes)) {
        throw Error(ErrorCode::kForeignKeyViolation,
                    fmt::format("insert or update on table \"{}\" violates foreign key constraint \"{}\"",
                                child->name(), constraint.name),
                    "insert the record that it refers to first")
            .WithDetail(
                fmt::format("{} is not present in table \"{}\".", Listed(constraint.columns, *key), constraint.table));
      }
      const RowView view(parent_bytes, nullptr);
      transaction_.RelyOn({parent->id, *row, view.id(), view.sequence()});
    }
  }

  Transaction& transaction_;
  const CatalogPtr catalog_;
  const ReadView& before_;
  const size_t first_;
  std::set<std::pair<TableId, RowId>> seen_;
  std::vector<Vacancy> vacancies_;
};

}  // namespace

bool HasForeignKeys(const CatalogSnapshot& catalog) {
  return std::ranges::any_of(catalog.tables(), [](const TablePtr& table) {
    return std::ranges::any_of(table->schema.constraints,
                               [](const TableConstraint& constraint) { return constraint.kind == Kind::kForeignKey; });
  });
}

void CheckForeignKeysOf(Transaction& transaction, const Table& child) {
  const auto view = transaction.View();
  Enforcer(transaction, transaction.mark(), *view).CheckTable(child);
}

void EnforceForeignKeys(Transaction& transaction, const Transaction::Mark& since, const ReadView& before) {
  if (!HasForeignKeys(*transaction.catalog())) return;
  Enforcer(transaction, since, before).Run();
}

}  // namespace rem
