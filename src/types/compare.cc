#include "types/compare.h"

#include <cmath>

#include <fmt/format.h>
#include <rem/error.h>

#include "types/column.h"
#include "types/datetime.h"
#include "types/document_layout.h"
#include "types/member_order.h"
#include "types/numeric.h"

namespace rem {

std::strong_ordering CompareDoubles(double a, double b) {
  if (a < b) return std::strong_ordering::less;
  if (a > b) return std::strong_ordering::greater;
  if (a == b) return std::strong_ordering::equal;
  return std::isnan(a) <=> std::isnan(b);
}

std::strong_ordering CompareIntDouble(int64_t a, double b) {
  // Both bounds are exact doubles; every int64 lies in [-2^63, 2^63). NaN is past the upper one.
  if (std::isnan(b) || b >= 0x1p63) return std::strong_ordering::less;
  if (b < -0x1p63) return std::strong_ordering::greater;
  const auto whole = static_cast<int64_t>(b);
  if (a != whole) return a <=> whole;
  const double fraction = b - static_cast<double>(whole);
  return fraction > 0   ? std::strong_ordering::less
         : fraction < 0 ? std::strong_ordering::greater
                        : std::strong_ordering::equal;
}

namespace {

std::strong_ordering Reverse(std::strong_ordering order) { return 0 <=> order; }

template <typename T>
std::strong_ordering CompareNumbers(const T& a, const T& b, bool a_is_int, bool b_is_int) {
  if (a_is_int && b_is_int) return a.AsInt() <=> b.AsInt();
  if (a_is_int) return CompareIntDouble(a.AsInt(), b.AsDouble());
  if (b_is_int) return Reverse(CompareIntDouble(b.AsInt(), a.AsDouble()));
  return CompareDoubles(a.AsDouble(), b.AsDouble());
}

std::strong_ordering CompareVectors(const VectorValue& a, const VectorValue& b) {
  const size_t common = std::min(a.size(), b.size());
  for (size_t i = 0; i < common; ++i) {
    const auto order = CompareDoubles(a[i], b[i]);
    if (order != 0) return order;
  }
  return a.size() <=> b.size();
}

// String < Number < Boolean < Array < Object, with null below them all, as jsonb has it.
int Rank(NodeKind kind) {
  switch (kind) {
    case NodeKind::kNull:
      return 0;
    case NodeKind::kText:
      return 1;
    case NodeKind::kInt:
    case NodeKind::kDouble:
      return 2;
    case NodeKind::kBool:
      return 3;
    case NodeKind::kArray:
      return 4;
    case NodeKind::kObject:
      return 5;
  }
  return 0;
}

std::strong_ordering CompareNodes(const DocumentView& a, const DocumentView& b, size_t depth);

std::strong_ordering CompareArrays(const DocumentView& a, const DocumentView& b, size_t depth) {
  const ContainerHead x = ReadContainer(a.bytes());
  const ContainerHead y = ReadContainer(b.bytes());
  if (x.count != y.count) return x.count <=> y.count;
  for (uint32_t i = 0; i < x.count; ++i) {
    const auto order = CompareNodes(DocumentView(x.value(i), a.keys()), DocumentView(y.value(i), b.keys()), depth + 1);
    if (order != 0) return order;
  }
  return std::strong_ordering::equal;
}

// Positions of the members in jsonb's own order: shorter names first, then by bytes.
std::vector<uint32_t> JsonbOrder(const MemberOrder& members) {
  std::vector<uint32_t> order(members.size());
  for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t i, uint32_t j) { return members.name(i).size() < members.name(j).size(); });
  return order;
}

std::strong_ordering CompareObjects(const DocumentView& a, const DocumentView& b, size_t depth) {
  const MemberOrder x(a);
  const MemberOrder y(b);
  if (x.size() != y.size()) return x.size() <=> y.size();
  const std::vector<uint32_t> x_order = JsonbOrder(x);
  const std::vector<uint32_t> y_order = JsonbOrder(y);
  for (uint32_t i = 0; i < x.size(); ++i) {
    const auto names = x.name(x_order[i]).compare(y.name(y_order[i]));
    if (names != 0) return names <=> 0;
    const auto order = CompareNodes(x.value(x_order[i]), y.value(y_order[i]), depth + 1);
    if (order != 0) return order;
  }
  return std::strong_ordering::equal;
}

std::strong_ordering CompareNodes(const DocumentView& a, const DocumentView& b, size_t depth) {
  const NodeKind x = a.kind();
  const NodeKind y = b.kind();
  if (Rank(x) != Rank(y)) return Rank(x) <=> Rank(y);
  if (depth >= kMaxDocumentDepth && (x == NodeKind::kArray || x == NodeKind::kObject)) {
    throw Error(ErrorCode::kLimitExceeded,
                fmt::format("document nests deeper than the limit of {} levels", kMaxDocumentDepth));
  }
  switch (x) {
    case NodeKind::kNull:
      return std::strong_ordering::equal;
    case NodeKind::kText:
      return a.AsText().compare(b.AsText()) <=> 0;
    case NodeKind::kInt:
    case NodeKind::kDouble:
      return CompareNumbers(a, b, x == NodeKind::kInt, y == NodeKind::kInt);
    case NodeKind::kBool:
      return a.AsBool() <=> b.AsBool();
    case NodeKind::kArray:
      return CompareArrays(a, b, depth);
    case NodeKind::kObject:
      return CompareObjects(a, b, depth);
  }
  return std::strong_ordering::equal;
}

std::string NumericOf(const Value& value) {
  if (value.type() == LogicalType::kNumeric) return value.AsNumeric();
  if (IsInteger(value.type())) return NumericFromInt(value.AsInt());
  return NumericFromDouble(value.AsDouble(), 17);
}

std::strong_ordering CompareArrays(const std::vector<Value>& a, const std::vector<Value>& b) {
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    const auto order = CompareValues(a[i], b[i]);
    if (order != 0) return order;
  }
  return a.size() <=> b.size();
}

}  // namespace

std::strong_ordering CompareDocuments(const DocumentView& a, const DocumentView& b) {
  // PostgreSQL compares a scalar with an array as an array of one element, so that an empty array comes first of all;
  // inside of arrays and objects it does not.
  const bool a_empty = a.kind() == NodeKind::kArray && a.size() == 0;
  const bool b_empty = b.kind() == NodeKind::kArray && b.size() == 0;
  if (a_empty || b_empty) return b_empty <=> a_empty;
  return CompareNodes(a, b, 0);
}

std::strong_ordering CompareValues(const Value& a, const Value& b) {
  if (a.IsNull() || b.IsNull()) return a.IsNull() <=> b.IsNull();
  if (IsNumber(a.type()) && IsNumber(b.type())) {
    if (a.type() == LogicalType::kNumeric || b.type() == LogicalType::kNumeric)
      return CompareNumerics(NumericOf(a), NumericOf(b));
    return CompareNumbers(a, b, IsInteger(a.type()), IsInteger(b.type()));
  }
  if (a.type() != b.type()) {
    throw Error(ErrorCode::kTypeMismatch,
                fmt::format("values of different types do not compare: {} and {}", LogicalTypeName(a.type()),
                            LogicalTypeName(b.type())),
                "cast one of them to the other's type");
  }
  switch (CellKindOf(a.type())) {
    case CellKind::kByte:
      return a.AsBool() <=> b.AsBool();
    case CellKind::kInt64:
      return a.raw_int() <=> b.raw_int();
    case CellKind::kText:
      if (IsArray(a.type())) return CompareArrays(a.AsArray(), b.AsArray());
      return a.raw_text().compare(b.raw_text()) <=> 0;
    case CellKind::kUuid:
      return a.AsUuid() <=> b.AsUuid();
    case CellKind::kJson:
      return CompareDocuments(a.AsJson(), b.AsJson());
    case CellKind::kVector:
      return CompareVectors(a.AsVector(), b.AsVector());
    case CellKind::kInterval: {
      const __int128 x = IntervalSpan(a.AsInterval()), y = IntervalSpan(b.AsInterval());
      return int{x > y} <=> int{x < y};
    }
    case CellKind::kDouble:
      break;
  }
  return std::strong_ordering::equal;
}

}  // namespace rem
