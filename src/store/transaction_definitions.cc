#include "store/transaction_definitions.h"

#include <utility>

#include <rem/error.h>

#include "schema/validator.h"

namespace rem {
namespace {

/// Gives out index numbers, of which a definition takes at most as many as it has indexes.
class IndexIds {
 public:
  IndexIds(TableRegistry& registry, const TableSchema& schema) : registry_(registry), count_(schema.indexes.size()) {}
  IndexId operator()() {
    if (next_ == 0) next_ = registry_.ReserveIndexes(static_cast<uint32_t>(count_));
    return next_++;
  }

 private:
  TableRegistry& registry_;
  const size_t count_;
  IndexId next_ = 0;
};

}  // namespace

TransactionDefinitions::~TransactionDefinitions() {
  if (made_.empty() || context_.dropped) return;
  try {
    registry_.Forget({made_.begin(), made_.end()});
  } catch (...) {
    // A few bytes that nothing leads to.
  }
}

void TransactionDefinitions::Committing() {
  for (const auto& [id, changed] : state_->changed) made_.erase(id);
}

bool TransactionDefinitions::Drops(TableId table) const {
  const auto found = state_->changed.find(table);
  return found != state_->changed.end() && found->second.definition.dropping;
}

TablePtr TransactionDefinitions::Publish(TableId id, ChangedDefinition changed) {
  TablePtr table;
  if (!changed.definition.dropping) {
    table =
        BuildTable(context_.tenant, changed.definition, changed.keys, context_.log->Counters(id), context_.make_rules);
  }
  std::vector<TablePtr> tables;
  for (const TablePtr& other : state_->catalog->tables()) {
    if (other->id != id) tables.push_back(other);
  }
  if (table != nullptr) tables.push_back(table);
  State next{std::make_shared<const CatalogSnapshot>(base_->version(), std::move(tables)), state_->changed};
  next.changed.insert_or_assign(id, std::move(changed));
  state_ = std::make_shared<const State>(std::move(next));
  return table;
}

TablePtr TransactionDefinitions::Register(std::string_view name, const Document& json_schema, const Engine& reader,
                                          Commit& commit) {
  const TableSchema schema = ReadTableSchema(name, json_schema);
  Validator::Compile(json_schema);
  const CatalogPtr tables = catalog();
  for (const TablePtr& table : tables->tables()) {
    if (table->schema.name == schema.name)
      return Redefine(table->id, table->definition_version, {schema.name, json_schema, {}, false}, reader, commit);
  }
  CheckTableNames(*catalog(), schema, 0);
  const TableId id = registry_.ReserveTable();
  made_.insert(id);
  IndexIds ids(registry_, schema);
  return Publish(id, {DefineTable(schema, nullptr, id, [&] { return ids(); }), std::make_shared<KeyDictionary>(), 0});
}

TablePtr TransactionDefinitions::Redefine(TableId id, uint64_t version, const Redefinition& change,
                                          const Engine& reader, Commit& commit) {
  const TablePtr before = catalog()->FindById(id);
  if (before == nullptr || before->definition_version != version)
    throw Error(ErrorCode::kConflict, "The table was changed or dropped meanwhile", "run the statement again");
  const TableSchema schema = ReadTableSchema(change.name, change.schema);
  Validator::Compile(change.schema);
  CheckTableNames(*catalog(), schema, id);
  const auto known = state_->changed.find(id);
  ChangedDefinition changed =
      known != state_->changed.end() ? known->second : registry_.Unchanged(*base_->FindById(id));
  IndexIds ids(registry_, schema);
  changed.definition = registry_.PlanRedefinition(
      *before, changed, change, reader, [&] { return ids(); }, commit);
  return Publish(id, std::move(changed));
}

void TransactionDefinitions::Drop(std::string_view name) {
  const TablePtr table = catalog()->Get(name);
  CheckDroppable(*table);
  const auto known = state_->changed.find(table->id);
  ChangedDefinition changed =
      known != state_->changed.end() ? known->second : registry_.Unchanged(*base_->FindById(table->id));
  changed.definition.dropping = true;
  ++changed.definition.version;
  Publish(table->id, std::move(changed));
}

bool TransactionDefinitions::SetVectorDimension(TableId table, std::string_view column, uint32_t dimension) {
  const auto known = state_->changed.find(table);
  if (known == state_->changed.end() || known->second.base_version != 0) return false;
  ChangedDefinition changed = known->second;
  for (auto& vector : changed.definition.vectors) {
    if (vector.name != column || vector.dimension != 0) continue;
    vector.dimension = dimension;
    ++changed.definition.version;
    Publish(table, std::move(changed));
    return true;
  }
  return false;
}

}  // namespace rem
