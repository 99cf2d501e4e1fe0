#include "sql/binder/spec_binder.h"
#include "catalog/view.h"

#include <algorithm>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/binder/coercion.h"
#include "sql/binder/table_scope.h"
#include "types/cast.h"

namespace rem::sql {

namespace {

using enum LogicalType;

constexpr size_t kMaxPredicateDepth = 200;

LogicalPtr Node(decltype(LogicalNode::body) body, LogicalPtr input) {
  auto node = std::make_unique<LogicalNode>();
  node->body = std::move(body);
  node->input = std::move(input);
  return node;
}

[[noreturn]] void ThrowBadSpec(std::string_view what, std::string_view hint) {
  throw Error(ErrorCode::kInvalidArgument, fmt::format("invalid query: {}", what), std::string(hint));
}

std::string TextOf(const DocumentView& object, std::string_view member) {
  const auto node = object.Find(member);
  if (!node || node->kind() != NodeKind::kText)
    ThrowBadSpec(fmt::format("\"{}\" must be a text", member), "see QuerySpec in rem/database.h");
  return std::string(node->AsText());
}

ExprPtr Call(std::string_view name, std::vector<ExprPtr> arguments) {
  std::vector<LogicalType> types;
  for (const ExprPtr& argument : arguments) types.push_back(argument->type);
  const Function* function = FindOverload(name, types);
  REM_CHECK(function != nullptr);
  return MakeCall(function, std::move(arguments));
}

ExprPtr Truth(bool value) { return MakeConstant(Value(value), kBool); }

class SpecBinder {
 public:
  SpecBinder(const CatalogSnapshot& catalog, std::string_view table, const DocumentView& spec)
      : scope_(plan_, catalog.Get(table), ""), spec_(spec) {}

  LogicalPlan Run() {
    if (spec_.kind() != NodeKind::kObject && !spec_.IsNull())
      ThrowBadSpec("it must be an object", "write {\"filters\": [...]}");
    LogicalPtr root = Node(LogicalScan{scope_.table(), {}, {}}, nullptr);
    std::vector<ExprPtr> conjuncts;
    if (const auto filters = spec_.Find("filters")) {
      if (filters->kind() != NodeKind::kArray)
        ThrowBadSpec("\"filters\" must be an array", "write {\"filters\": [...]}");
      for (size_t i = 0; i < filters->size(); ++i) conjuncts.push_back(Predicate(filters->At(i), 1));
    }
    if (!conjuncts.empty()) root = Node(LogicalFilter{std::move(conjuncts)}, std::move(root));
    root = Order(std::move(root));
    const ExprPtr take = Count("take"), skip = Count("skip");
    if (take != nullptr || skip != nullptr) root = Node(LogicalLimit{take, skip}, std::move(root));
    plan_.root = std::move(root);
    plan_.output = {{"row id", scope_.RowId()}};
    return std::move(plan_);
  }

 private:
  ExprPtr Count(std::string_view member) {
    const auto node = spec_.Find(member);
    if (!node || node->IsNull()) return nullptr;
    if (node->kind() != NodeKind::kInt || node->AsInt() < 0)
      ThrowBadSpec(fmt::format("\"{}\" must be a number from 0 up", member), "leave it out for all");
    return MakeConstant(Value(node->AsInt()), kInt);
  }

  LogicalPtr Order(LogicalPtr root) {
    const auto sort = spec_.Find("sort");
    if (!sort || sort->IsNull() || sort->size() == 0) return root;
    LogicalSort body;
    LogicalProject project;
    for (size_t i = 0; i < sort->size(); ++i) {
      const DocumentView item = sort->At(i);
      const ExprPtr field = Field(TextOf(item, "field"));
      if (field == nullptr || field->type == kVector) continue;
      const std::string order = item.Find("order") ? TextOf(item, "order") : "asc";
      if (order != "asc" && order != "desc")
        ThrowBadSpec("\"order\" must be \"asc\" or \"desc\"", "leave it out for \"asc\"");
      ColumnId column = field->column;
      if (field->kind != ExprKind::kColumn) {
        column = plan_.AddColumn({"sort key", field->type, ColumnSource::kComputed, field->dynamic, {}});
        project.computed.push_back({column, field});
      }
      body.keys.push_back({column, order == "desc", order == "desc"});
    }
    if (!project.computed.empty()) root = Node(std::move(project), std::move(root));
    if (body.keys.empty()) return root;
    return Node(std::move(body), std::move(root));
  }

  // A column, else a member of `properties`, else of `metadata`; nullptr where no record can have it.
  ExprPtr Field(const std::string& name) {
    std::vector<std::string> path;
    for (size_t begin = 0;;) {
      const size_t dot = name.find('.', begin);
      path.push_back(name.substr(begin, dot == std::string::npos ? dot : dot - begin));
      if (dot == std::string::npos) break;
      begin = dot + 1;
    }
    std::vector<ExprPtr> places;
    if (ExprPtr column = scope_.FindField(path)) {
      const bool declared = scope_.table()->FindColumn(path[0]) != nullptr || !column->dynamic;
      if (declared) return column;
      places.push_back(std::move(column));
    }
    for (const std::string_view object : {"properties", "metadata"}) {
      const ColumnSchema* column = scope_.table()->FindColumn(object);
      if (column == nullptr || column->type != kJson) continue;
      std::vector<std::string> nested = {std::string(object)};
      nested.insert(nested.end(), path.begin(), path.end());
      places.push_back(scope_.FindField(nested));
    }
    if (places.empty()) return nullptr;
    if (places.size() == 1) return places[0];
    auto form = std::make_shared<Expr>(*MakeForm(ExprKind::kCoalesce, kJson, std::move(places)));
    form->dynamic = true;
    return form;
  }

  ExprPtr Predicate(const DocumentView& node, size_t depth) {
    if (depth > kMaxPredicateDepth)
      throw Error(ErrorCode::kLimitExceeded, "query is nested too deeply",
                  fmt::format("predicates nest at most {} deep", kMaxPredicateDepth));
    if (node.kind() != NodeKind::kObject)
      ThrowBadSpec("a predicate must be an object", "write {\"op\": \"eq\", \"field\": ..., \"value\": ...}");
    const std::string op = TextOf(node, "op");
    if (op == "all") return Truth(true);
    if (op == "not") {
      const auto inner = node.Find("predicate");
      if (!inner) ThrowBadSpec("\"not\" needs a \"predicate\"", "see QuerySpec in rem/database.h");
      return MakeNot(Predicate(*inner, depth + 1));
    }
    if (op == "and" || op == "or") {
      const auto inner = node.Find("predicates");
      if (!inner || inner->kind() != NodeKind::kArray)
        ThrowBadSpec(fmt::format("\"{}\" needs \"predicates\"", op), "see QuerySpec in rem/database.h");
      if (inner->size() == 0) return Truth(op == "and");
      std::vector<ExprPtr> arguments;
      for (size_t i = 0; i < inner->size(); ++i) arguments.push_back(Predicate(inner->At(i), depth + 1));
      return MakeForm(op == "and" ? ExprKind::kAnd : ExprKind::kOr, kBool, std::move(arguments));
    }
    return Leaf(op, node);
  }

  ExprPtr Leaf(const std::string& op, const DocumentView& node) {
    const ExprPtr field = Field(TextOf(node, "field"));
    if (op == "exists" || op == "not_exists") {
      if (field == nullptr) return Truth(op == "not_exists");
      return Call(op == "exists" ? "is not null" : "is null", {field});
    }
    const DocumentView value = node.Find("value").value_or(DocumentView());
    if (op == "in" || op == "not_in") return In(field, value, op == "in");
    const bool text_op = op == "starts_with" || op == "ends_with";
    static constexpr std::pair<std::string_view, std::string_view> kSigns[] = {
        {"eq", "="}, {"ne", "<>"}, {"gt", ">"}, {"gte", ">="}, {"lt", "<"}, {"lte", "<="}};
    const auto* sign = std::ranges::find(kSigns, op, &std::pair<std::string_view, std::string_view>::first);
    if (!text_op && op != "contains" && sign == std::end(kSigns)) {
      ThrowBadSpec(fmt::format("unknown op \"{}\"", op),
                   "ops are eq, ne, gt, gte, lt, lte, in, not_in, contains, starts_with, ends_with, exists, "
                   "not_exists, all, and, or, not");
    }
    if (field == nullptr || value.IsNull()) return Truth(false);
    if (op == "contains") return IsTrue(Contains(field, value));
    if (text_op) {
      const ExprPtr text = field->type == kText ? field : field->dynamic ? Coerce(field, kText) : nullptr;
      if (text == nullptr || value.kind() != NodeKind::kText) return Truth(false);
      return IsTrue(
          Call(op == "starts_with" ? "starts_with" : "ends with", {text, MakeConstant(Value(value.AsText()), kText)}));
    }
    return IsTrue(Compare(sign->second, field, value));
  }

  static ExprPtr IsTrue(ExprPtr expr) {
    return expr->kind == ExprKind::kConstant ? expr : Call("is true", {std::move(expr)});
  }

  // A value of another type differs from every value of the field, and has no order with it.
  static ExprPtr Compare(std::string_view sign, const ExprPtr& field, const DocumentView& value) {
    if (field->type == kVector) return Truth(false);
    if (field->type == kJson &&
        (!field->dynamic || value.kind() == NodeKind::kArray || value.kind() == NodeKind::kObject)) {
      const ExprPtr document = MakeConstant(Value(Document::Copy(value)), kJson);
      const bool equality = sign == "=" || sign == "<>";
      if (equality || !IsScalar(value)) return Call(sign, {field, document});
    }
    ExprPtr literal = Literal(value, field);
    if (literal != nullptr) {
      const LogicalType types[] = {field->type, literal->type};
      if (const Function* function = FindOverload(sign, types)) return MakeCall(function, {field, std::move(literal)});
    }
    return sign == "<>" ? Call("is not null", {field}) : Truth(false);
  }

  static bool IsScalar(const DocumentView& value) {
    return value.kind() != NodeKind::kArray && value.kind() != NodeKind::kObject;
  }

  static ExprPtr Literal(const DocumentView& value, const ExprPtr& field) {
    switch (value.kind()) {
      case NodeKind::kBool:
        return MakeConstant(Value(value.AsBool()), kBool);
      case NodeKind::kInt:
        return MakeConstant(Value(value.AsInt()), kInt);
      case NodeKind::kDouble:
        return MakeConstant(Value(value.AsDouble()), kDouble);
      case NodeKind::kText: {
        if (field->type != kTimestamp && field->type != kUuid) return MakeConstant(Value(value.AsText()), kText);
        auto typed = ValueFromNode(value, field->type);
        return typed ? MakeConstant(std::move(*typed), field->type) : nullptr;
      }
      default:
        return nullptr;
    }
  }

  static ExprPtr Contains(const ExprPtr& field, const DocumentView& value) {
    if (field->type == kText) {
      return value.kind() == NodeKind::kText ? Call("contains", {field, MakeConstant(Value(value.AsText()), kText)})
                                             : Truth(false);
    }
    if (field->type != kJson) return Truth(false);
    return Call("spec contains", {field, MakeConstant(Value(Document::Copy(value)), kJson)});
  }

  static ExprPtr In(const ExprPtr& field, const DocumentView& values, bool wanted) {
    if (values.kind() != NodeKind::kArray)
      ThrowBadSpec("\"in\" needs an array as \"value\"", "write {\"op\": \"in\", \"field\": ..., \"value\": [...]}");
    if (field == nullptr || field->type == kVector) return Truth(false);
    std::vector<ExprPtr> same = {field}, tests;
    for (size_t i = 0; i < values.size(); ++i) {
      if (values.At(i).IsNull()) continue;
      const ExprPtr literal = field->type == kJson ? nullptr : Literal(values.At(i), field);
      if (literal != nullptr && literal->type == field->type) {
        same.push_back(literal);
      } else {
        tests.push_back(IsTrue(Compare("=", field, values.At(i))));
      }
    }
    if (same.size() > 1) tests.push_back(MakeForm(ExprKind::kIn, kBool, std::move(same)));
    const ExprPtr any = tests.empty()       ? Truth(false)
                        : tests.size() == 1 ? tests[0]
                                            : MakeForm(ExprKind::kOr, kBool, std::move(tests));
    if (wanted) return IsTrue(any);
    return MakeForm(ExprKind::kAnd, kBool, {Call("is not null", {field}), MakeNot(IsTrue(any))});
  }

  LogicalPlan plan_;
  TableScope scope_;
  const DocumentView spec_;
};

}  // namespace

LogicalPlan BindQuerySpec(const CatalogSnapshot& catalog, std::string_view table, const DocumentView& spec) {
  if (const TablePtr found = catalog.Find(table); found != nullptr && ViewQueryOf(*found))
    throw Error(ErrorCode::kNotSupported,
                fmt::format("not supported yet: a query spec over view \"{}\"", found->name()), "query it with SQL");
  return SpecBinder(catalog, table, spec).Run();
}

}  // namespace rem::sql
