#include "sql/binder/query_scope.h"

#include <algorithm>

#include <fmt/format.h>
#include <rem/error.h>

#include "base/nearest.h"
#include "sql/parser/ast_names.h"

namespace rem::sql {

namespace {

[[noreturn]] void ThrowAmbiguous(const ast::NamePart& name, int position) {
  throw Error(ErrorCode::kAmbiguous, fmt::format("column reference \"{}\" is ambiguous", name.original),
              "write the table before it: table.column")
      .WithPosition(position);
}

}  // namespace

bool SameName(const ast::NamePart& part, std::string_view name) {
  if (part.text == name || part.original == name) return true;
  return !part.quoted && FoldName(name) == part.text;
}

bool QueryScope::Owns(ColumnId column) const {
  const PlanColumn& known = plan_.columns[column];
  const auto merged = [&](const auto& self, const FromTree& tree) -> bool {
    for (const FromTree::Merged& one : tree.merged) {
      if (one.expr->column == column) return true;
    }
    return std::ranges::any_of(tree.sides, [&](const FromTree& side) { return self(self, side); });
  };
  for (const Relation& relation : relations_) {
    if (relation.table != nullptr
            ? known.source != ColumnSource::kComputed && known.scan == relation.table->scan()
            : std::ranges::find(relation.columns, column, &OutputColumn::column) != relation.columns.end())
      return true;
  }
  return std::ranges::any_of(trees_, [&](const FromTree& tree) { return merged(merged, tree); });
}

size_t QueryScope::AddRelation(Relation relation, int position) {
  for (const Relation& other : relations_) {
    if (!relation.alias.empty() && other.alias == relation.alias && !other.hidden) {
      throw Error(ErrorCode::kAmbiguous, fmt::format("table name \"{}\" specified more than once", relation.alias),
                  "give each its own alias: table AS a")
          .WithSqlState("42712")
          .WithPosition(position);
    }
  }
  relations_.push_back(std::move(relation));
  return relations_.size() - 1;
}

void QueryScope::MakeOptional(const FromTree& tree) {
  for (size_t i = tree.begin; i < tree.end; ++i) relations_[i].optional = true;
}

void QueryScope::Hide(const FromTree& tree) {
  for (size_t i = tree.begin; i < tree.end; ++i) relations_[i].hidden = true;
}

const Relation* QueryScope::FindRelation(const ast::NamePart& name) const {
  for (const Relation& relation : relations_) {
    if (!relation.hidden && (name.text == relation.alias || name.original == relation.alias)) return &relation;
  }
  return nullptr;
}

ExprPtr QueryScope::FindIn(const FromTree& tree, std::span<const ast::NamePart> parts, int position, bool system) {
  for (const FromTree::Merged& merged : tree.merged) {
    if (parts.size() == 1 && SameName(parts[0], merged.name)) return merged.expr;
  }
  if (!tree.sides.empty()) {
    ExprPtr left = FindIn(tree.sides[0], parts, position, system),
            right = FindIn(tree.sides[1], parts, position, system);
    if (left != nullptr && right != nullptr) {
      // A property that a table may have by chance gives way to a declared column.
      if (left->dynamic != right->dynamic) return left->dynamic ? right : left;
      ThrowAmbiguous(parts[0], position);
    }
    return left != nullptr ? left : right;
  }
  ExprPtr found;
  for (size_t i = tree.begin; i < tree.end; ++i) {
    Relation& relation = relations_[i];
    if (relation.hidden) continue;
    if (relation.table != nullptr) {
      found = relation.table->FindFrom(parts, position, system);
      continue;
    }
    for (const OutputColumn& column : relation.columns) {
      if (!SameName(parts[0], column.name)) continue;
      if (found != nullptr) ThrowAmbiguous(parts[0], position);
      const PlanColumn& known = plan_.columns[column.column];
      found = MakeColumn(column.column, known.type, known.dynamic, position);
    }
    if (found != nullptr && parts.size() > 1) {
      if (found->type != LogicalType::kJson) {
        throw Error(ErrorCode::kTypeMismatch, fmt::format("column \"{}\" is no object", parts[0].original),
                    "only jsonb columns have members")
            .WithPosition(position);
      }
      throw Error(ErrorCode::kNotSupported, "not supported yet: a path into a column of a subquery",
                  "write column->'member'")
          .WithPosition(position);
    }
  }
  return found;
}

ExprPtr QueryScope::FindHere(const std::vector<ast::NamePart>& parts, int position, bool system) {
  const auto inside = [&](const Relation& relation) {
    const auto index = static_cast<size_t>(&relation - relations_.data());
    return visible_ == nullptr || (index >= visible_->begin && index < visible_->end);
  };
  if (parts.size() > 1) {
    if (const Relation* relation = FindRelation(parts[0]); relation != nullptr && inside(*relation)) {
      FromTree one;
      one.begin = static_cast<size_t>(relation - relations_.data());
      one.end = one.begin + 1;
      if (ExprPtr expr = FindIn(one, std::span(parts).subspan(1), position, system)) return expr;
      if (relation->table == nullptr) return nullptr;
    }
  }
  ExprPtr found;
  if (visible_ != nullptr) found = FindIn(*visible_, parts, position, system);
  for (const FromTree& tree : trees_) {
    if (visible_ != nullptr) break;
    ExprPtr expr = FindIn(tree, parts, position, system);
    if (expr == nullptr) continue;
    if (found != nullptr && found->dynamic == expr->dynamic) ThrowAmbiguous(parts[0], position);
    if (found == nullptr || found->dynamic) found = std::move(expr);
  }
  if (found != nullptr || parts.size() > 1) return found;
  const Relation* relation = FindRelation(parts[0]);
  if (relation == nullptr || !relation->scalar || !inside(*relation)) return nullptr;
  const PlanColumn& known = plan_.columns[*relation->scalar];
  return MakeColumn(*relation->scalar, known.type, known.dynamic, position);
}

ExprPtr QueryScope::Find(const std::vector<ast::NamePart>& parts, int position) {
  // alias.column means the alias, of whichever query around, before it means a member of a column here.
  QueryScope* named = parts.size() > 1 ? this : nullptr;
  while (named != nullptr && named->FindRelation(parts[0]) == nullptr) named = named->parent_;
  for (const bool system : {false, true}) {
    if (named != nullptr && named != this) {
      if (ExprPtr expr = FindFrom(named, parts, position, system)) return expr;
    }
    if (ExprPtr expr = FindFrom(this, parts, position, system)) return expr;
  }
  return nullptr;
}

ExprPtr QueryScope::FindFrom(QueryScope* first, const std::vector<ast::NamePart>& parts, int position, bool system) {
  std::vector<QueryScope*> passed;
  for (QueryScope* scope = this; scope != nullptr; scope = scope->parent_) {
    if (scope == first) first = nullptr;
    ExprPtr expr = first == nullptr ? scope->FindHere(parts, position, system) : nullptr;
    if (expr == nullptr) {
      passed.push_back(scope);
      continue;
    }
    if (passed.empty()) {
      ++local_uses;
      return expr;
    }
    for (QueryScope* inner : passed) {
      ++inner->outer_uses;
      // A property that a record may bring later would change what the name means.
      for (const Relation& relation : inner->relations_) {
        if (relation.table != nullptr && relation.table->table()->schema.additional_properties)
          plan_.depends_on_values = true;
      }
    }
    std::vector<ColumnId> columns;
    CollectColumns(*expr, columns);
    for (const ColumnId column : columns) scope->inner_uses.push_back({column, position});
    return expr;
  }
  return nullptr;
}

std::vector<OutputColumn> QueryScope::Star(const FromTree& tree, bool undeclared) {
  std::vector<OutputColumn> star;
  for (const FromTree::Merged& merged : tree.merged) star.push_back({merged.name, merged.expr->column});
  const auto is_merged = [&](const OutputColumn& column) {
    return std::ranges::any_of(tree.merged,
                               [&](const auto& merged) { return FoldName(merged.name) == FoldName(column.name); });
  };
  if (!tree.sides.empty()) {
    for (const FromTree& side : tree.sides) {
      for (OutputColumn& column : Star(side, undeclared)) {
        if (!is_merged(column)) star.push_back(std::move(column));
      }
    }
    return star;
  }
  for (size_t i = tree.begin; i < tree.end; ++i) {
    if (relations_[i].hidden) continue;
    const std::vector<OutputColumn> columns =
        relations_[i].table != nullptr ? relations_[i].table->Star(undeclared) : relations_[i].columns;
    star.insert(star.end(), columns.begin(), columns.end());
  }
  return star;
}

std::pair<const VectorColumn*, TableScope*> QueryScope::FindVector(std::span<const ast::NamePart> parts) const {
  for (const Relation& relation : relations_) {
    if (relation.table == nullptr) continue;
    if (const VectorColumn* column = relation.table->FindVector(parts)) return {column, relation.table.get()};
  }
  return {nullptr, nullptr};
}

void QueryScope::ThrowUnknown(const std::vector<ast::NamePart>& parts, int position) const {
  if (parts.size() == 1 || FindRelation(parts[0]) != nullptr) {
    if (relations_.size() == 1 && relations_[0].table != nullptr) relations_[0].table->ThrowUnknown(parts, position);
  }
  std::vector<std::string> names;
  for (const QueryScope* scope = this; scope != nullptr; scope = scope->parent_) {
    for (const Relation& relation : scope->relations_) {
      if (relation.table != nullptr) {
        for (std::string& name : relation.table->Names()) names.push_back(std::move(name));
      }
      for (const OutputColumn& column : relation.columns) names.push_back(column.name);
    }
  }
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::string wanted;
  for (const ast::NamePart& part : parts) wanted += (wanted.empty() ? "" : ".") + part.original;
  if (parts.size() == 2 && !relations_.empty() && FindRelation(parts[0]) == nullptr) {
    std::string known;
    for (const Relation& relation : relations_) {
      if (known.size() < 300) known += (known.empty() ? "" : ", ") + relation.alias;
    }
    throw Error(ErrorCode::kTableNotFound, fmt::format("missing FROM-clause entry for table \"{}\"", parts[0].original),
                "FROM has " + known)
        .WithPosition(position);
  }
  throw Error(ErrorCode::kColumnNotFound, fmt::format("column \"{}\" does not exist", wanted),
              names.empty() ? "name a table with FROM"
                            : DidYouMean(parts.back().original, names, "name a column of a table in FROM"))
      .WithPosition(position);
}

}  // namespace rem::sql
