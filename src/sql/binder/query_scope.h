#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sql/binder/table_scope.h"
#include "sql/parser/ast.h"
#include "sql/plan/plan.h"

namespace rem::sql {

/// A table, or the rows of a subquery, in FROM.
struct Relation {
  std::string alias;
  std::unique_ptr<TableScope> table;  ///< nullptr: `columns` are all there is.
  std::vector<OutputColumn> columns;
  /// Of a function that gives values: what the alias alone means.
  std::optional<ColumnId> scalar;
  bool optional = false;  ///< An outer join may leave it out.
  bool hidden = false;    ///< Below a join that has a name of its own.
};

/// One tree of FROM: relations from `begin` to `end`, of which some share the columns of USING.
struct FromTree {
  struct Merged {
    std::string name;
    ExprPtr expr;
  };
  size_t begin = 0;
  size_t end = 0;
  std::vector<Merged> merged;
  std::vector<FromTree> sides;  ///< Two for a join.
  bool lateral = false;         ///< Refers to relations on its left.
};

class QueryScope;
struct WithScope;

/// What is known under a name of WITH.
struct WithQuery {
  std::string name;
  std::optional<size_t> cte;          ///< In LogicalPlan::ctes.
  std::optional<uint32_t> recursion;  ///< While its recursive term is bound.
  bool forbidden = false;             ///< While its first term is bound.
  size_t references = 0;
  std::vector<OutputColumn> outputs;
  /// Refers to the query around it, whose names are `scope`: bound anew where it is named, with the names of WITH that
  /// were known where it stands.
  const ast::CommonTable* text = nullptr;
  QueryScope* scope = nullptr;
  std::shared_ptr<WithScope> commons;
  bool silent = false;  ///< A change without RETURNING.
};
struct WithScope {
  WithScope* parent = nullptr;
  std::vector<WithQuery> relations;
};

class ExpressionBinder;

/// What names mean in one SELECT, and, through `parent`, in the queries around it.
class QueryScope {
 public:
  QueryScope(LogicalPlan& plan, QueryScope* parent, WithScope* commons)
      : plan_(plan), parent_(parent), commons_(commons) {}

  /// A column of this query or of one around it; nullptr when there is none. Error(kAmbiguous).
  ExprPtr Find(const std::vector<ast::NamePart>& parts, int position);
  /// In this query only.
  ExprPtr FindLocal(const std::vector<ast::NamePart>& parts, int position) { return FindHere(parts, position); }
  /// Whether the column is of a relation of this query.
  bool Owns(ColumnId column) const;
  /// In this query only, within a part of FROM.
  ExprPtr FindIn(const FromTree& tree, std::span<const ast::NamePart> parts, int position, bool system = true);
  [[noreturn]] void ThrowUnknown(const std::vector<ast::NamePart>& parts, int position) const;

  size_t AddRelation(Relation relation, int position);
  void MakeOptional(const FromTree& tree);
  /// Names of these relations are out of reach: the join of them has its own.
  void Hide(const FromTree& tree);
  std::vector<OutputColumn> Star(const FromTree& tree, bool undeclared);
  const std::vector<Relation>& relations() const { return relations_; }
  std::vector<FromTree>& trees() { return trees_; }
  QueryScope* parent() const { return parent_; }
  WithScope* commons() const { return commons_; }
  void set_commons(WithScope* commons) { commons_ = commons; }
  LogicalPlan& plan() { return plan_; }
  /// Names of ON are looked up here alone, while it is set.
  void set_visible(const FromTree* tree) { visible_ = tree; }
  /// The relation of this name, or nullptr.
  const Relation* FindRelation(const ast::NamePart& name) const;
  /// The vector column that `parts` name, with its table; nullptr where there is none.
  std::pair<const VectorColumn*, TableScope*> FindVector(std::span<const ast::NamePart> parts) const;

  /// Columns of this query that queries inside it have used.
  struct InnerUse {
    ColumnId column;
    int position;
    bool allowed = false;  ///< In an expression that the query groups by.
  };
  std::vector<InnerUse> inner_uses;
  /// Of this SELECT, whose aggregates queries inside it may ask for.
  ExpressionBinder* binder = nullptr;
  size_t local_uses = 0;  ///< Columns of this query used by itself.
  size_t outer_uses = 0;  ///< Columns of queries around it used in it, or in queries inside it.

 private:
  /// `system`: also system columns of tables made by SQL, which any declared column goes before.
  ExprPtr FindHere(const std::vector<ast::NamePart>& parts, int position, bool system = true);
  /// In the queries from `first`, this or one around it, outwards.
  ExprPtr FindFrom(QueryScope* first, const std::vector<ast::NamePart>& parts, int position, bool system);

  LogicalPlan& plan_;
  QueryScope* parent_;
  WithScope* commons_;
  std::vector<Relation> relations_;
  std::vector<FromTree> trees_;
  const FromTree* visible_ = nullptr;
};

bool SameName(const ast::NamePart& part, std::string_view name);

}  // namespace rem::sql
