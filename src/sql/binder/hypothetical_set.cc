#include "sql/binder/hypothetical_set.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/parser/ast_clone.h"

namespace rem::sql {

namespace {

using ast::ExprKind;
using ast::ExprPtr;

class Rewriter {
 public:
  explicit Rewriter(const ast::Expr& call) : call_(call), keys_(call.call->order_by) {}

  ExprPtr Rewrite() {
    const std::string& name = call_.parts[0].text;
    Check(name);
    if (name == "rank") return Operator("+", Count(Before(0)), Integer(1));
    if (name == "dense_rank") return DenseRank();
    if (name == "cume_dist") {
      return Operator("/", Double(Operator("+", Count(Either(Before(0), Equal())), Integer(1))),
                      Double(Operator("+", Count(nullptr), Integer(1))));
    }
    // percent_rank: 0 without rows.
    ExprPtr of_none = Node(ExprKind::kCase);
    of_none->arguments.push_back(Operator("=", Count(nullptr), Integer(0)));
    of_none->arguments.push_back(Double(Integer(0)));
    of_none->arguments.push_back(Operator("/", Double(Count(Before(0))), Double(Count(nullptr))));
    return of_none;
  }

 private:
  static bool Fixed(const ast::Expr& expr) {
    return expr.kind != ExprKind::kColumn && expr.kind != ExprKind::kSubquery && expr.kind != ExprKind::kStar &&
           std::ranges::all_of(expr.arguments, [](const ExprPtr& one) { return one == nullptr || Fixed(*one); });
  }

  void Check(const std::string& name) const {
    if (call_.arguments.size() != keys_.size() || call_.star) {
      throw Error(ErrorCode::kFunctionNotFound,
                  fmt::format("function {} with {} values does not exist", name, call_.arguments.size()),
                  fmt::format("the number of hypothetical values must match the number of ordering columns (here {})",
                              keys_.size()))
          .WithPosition(call_.position);
    }
    if (!std::ranges::all_of(call_.arguments, [](const ExprPtr& one) { return Fixed(*one); })) {
      throw Error(ErrorCode::kNotSupported, "not supported yet: a hypothetical value that is made of columns",
                  "write a constant or a parameter")
          .WithPosition(call_.position);
    }
  }

  ExprPtr Node(ExprKind kind) const {
    auto node = std::make_unique<ast::Expr>();
    node->kind = kind;
    node->position = call_.position;
    return node;
  }
  ExprPtr Integer(int value) const {
    ExprPtr node = Node(ExprKind::kInteger);
    node->text = std::to_string(value);
    return node;
  }
  ExprPtr Operator(const char* sign, ExprPtr left, ExprPtr right) const {
    ExprPtr node = Node(ExprKind::kOperator);
    node->text = sign;
    node->arguments.push_back(std::move(left));
    node->arguments.push_back(std::move(right));
    return node;
  }
  ExprPtr Double(ExprPtr value) const {
    ExprPtr node = Node(ExprKind::kCast);
    node->type = std::make_unique<ast::TypeName>();
    node->type->name = "float8";
    node->type->position = call_.position;
    node->arguments.push_back(std::move(value));
    return node;
  }
  ExprPtr Either(ExprPtr left, ExprPtr right) const { return Join(ExprKind::kOr, std::move(left), std::move(right)); }
  ExprPtr Both(ExprPtr left, ExprPtr right) const { return Join(ExprKind::kAnd, std::move(left), std::move(right)); }
  ExprPtr Join(ExprKind kind, ExprPtr left, ExprPtr right) const {
    if (left == nullptr) return right;
    ExprPtr node = Node(kind);
    node->arguments.push_back(std::move(left));
    node->arguments.push_back(std::move(right));
    return node;
  }
  ExprPtr Test(const char* test, const ExprPtr& value, const ExprPtr& other = nullptr) const {
    ExprPtr node = Node(ExprKind::kIsTest);
    node->text = test;
    node->arguments.push_back(ast::Clone(value));
    if (other != nullptr) node->arguments.push_back(ast::Clone(other));
    return node;
  }
  ExprPtr Same(size_t key) const { return Test("is not distinct from", keys_[key].expr, call_.arguments[key]); }

  // Whether the row stands before the hypothetical one, by the keys from `key` on.
  ExprPtr Before(size_t key) const {
    const ast::SortItem& item = keys_[key];
    const ExprPtr& value = call_.arguments[key];
    const bool nulls_first =
        item.nulls == ast::NullOrder::kDefault ? item.descending : item.nulls == ast::NullOrder::kFirst;
    ExprPtr before = Operator(item.descending ? ">" : "<", ast::Clone(item.expr), ast::Clone(value));
    before = Either(std::move(before), Both(Test(nulls_first ? "is null" : "is not null", item.expr),
                                            Test(nulls_first ? "is not null" : "is null", value)));
    if (key + 1 == keys_.size()) return before;
    return Either(std::move(before), Both(Same(key), Before(key + 1)));
  }
  ExprPtr Equal() const {
    ExprPtr equal;
    for (size_t key = 0; key < keys_.size(); ++key) equal = Both(std::move(equal), Same(key));
    return equal;
  }

  ExprPtr Aggregate(const char* name, ExprPtr condition) const {
    ExprPtr node = Node(ExprKind::kFunction);
    node->parts.push_back({name, name, false});
    node->call = std::make_unique<ast::Call>();
    ExprPtr filter = ast::Clone(call_.call->filter);
    node->call->filter = condition == nullptr ? std::move(filter) : Both(std::move(filter), std::move(condition));
    return node;
  }
  ExprPtr Count(ExprPtr condition) const {
    ExprPtr node = Aggregate("count", std::move(condition));
    node->star = true;
    return node;
  }

  // Equal rows before the hypothetical one count once, and so do NULLs, which count(DISTINCT x) leaves out.
  ExprPtr DenseRank() const {
    ExprPtr distinct = Aggregate("count", Before(0));
    distinct->call->distinct = true;
    if (keys_.size() > 1) {
      ExprPtr row = Node(ExprKind::kRow);
      for (const ast::SortItem& key : keys_) row->arguments.push_back(ast::Clone(key.expr));
      distinct->arguments.push_back(std::move(row));
      return Operator("+", std::move(distinct), Integer(1));
    }
    distinct->arguments.push_back(ast::Clone(keys_[0].expr));
    ExprPtr nulls = Node(ExprKind::kCase);
    nulls->arguments.push_back(Operator(">", Count(Both(Before(0), Test("is null", keys_[0].expr))), Integer(0)));
    nulls->arguments.push_back(Integer(2));
    nulls->arguments.push_back(Integer(1));
    return Operator("+", std::move(distinct), std::move(nulls));
  }

  const ast::Expr& call_;
  const std::vector<ast::SortItem>& keys_;
};

}  // namespace

bool IsHypotheticalSet(const ast::Expr& call) {
  if (call.kind != ExprKind::kFunction || call.parts.size() != 1 || call.call == nullptr || !call.call->within_group)
    return false;
  const std::string& name = call.parts[0].text;
  return name == "rank" || name == "dense_rank" || name == "percent_rank" || name == "cume_dist";
}

ExprPtr HypotheticalSetByCount(const ast::Expr& call) { return Rewriter(call).Rewrite(); }

}  // namespace rem::sql
