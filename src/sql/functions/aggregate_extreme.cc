#include "sql/functions/aggregate_rows.h"
#include "types/array_text.h"
#include "types/compare.h"
#include "types/datetime.h"

namespace rem::sql {

namespace {

using enum LogicalType;

// min and max of plain values.
template <typename T>
struct Extreme {
  T value;
  bool any;
};

template <typename T>
int Order(const T& a, const T& b) {
  if constexpr (std::is_same_v<T, double>) {
    const auto order = CompareDoubles(a, b);
    return order < 0 ? -1 : order > 0 ? 1 : 0;
  } else if constexpr (std::is_same_v<T, Interval>) {
    const __int128 x = IntervalSpan(a), y = IntervalSpan(b);
    return x < y ? -1 : y < x ? 1 : 0;
  } else {
    return a < b ? -1 : b < a ? 1 : 0;
  }
}

template <typename T, bool max>
void Take(Extreme<T>& extreme, const T& value) {
  if (extreme.any && (max ? Order(value, extreme.value) <= 0 : Order(value, extreme.value) >= 0)) return;
  extreme.value = value;
  extreme.any = true;
}
template <typename T, bool max>
void Update(AggregateUpdate& update) {
  const Column& in = *update.in[0];
  const T* cells = in.data<T>();
  const size_t mask = in.row_mask();
  ForEachState<Extreme<T>>(update, [&](Extreme<T>& extreme, size_t row) { Take<T, max>(extreme, cells[row & mask]); });
}
template <typename T, bool max>
void Merge(std::byte* into, const std::byte* from, Arena&, KernelFailure&) {
  const auto& other = StateOf<Extreme<T>>(from);
  if (other.any) Take<T, max>(*reinterpret_cast<Extreme<T>*>(into), other.value);
}
template <typename T>
void Finish(const std::byte* state, Column& out, size_t row, KernelFailure&) {
  const auto& extreme = StateOf<Extreme<T>>(state);
  if (!extreme.any) return out.SetNull(row);
  out.data<T>()[row] = extreme.value;
}

// Of texts and documents: the state keeps a copy of the bytes.
struct ExtremeBytes {
  StateBuffer bytes;
  const KeyDictionary* keys;
  bool any;
};

int Order(const ExtremeBytes& extreme, std::string_view text) { return text.compare(extreme.bytes.view()); }
int Order(const ExtremeBytes& extreme, const DocumentView& document) {
  const auto order = CompareDocuments(document, DocumentView(extreme.bytes.view(), extreme.keys));
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}
void Keep(ExtremeBytes& extreme, std::string_view text, Arena& arena) {
  extreme.bytes.Clear();
  extreme.bytes.Append(text, arena);
}
void Keep(ExtremeBytes& extreme, const DocumentView& document, Arena& arena) {
  Keep(extreme, document.bytes(), arena);
  extreme.keys = document.keys();
}

template <typename T, bool max>
void TakeBytes(ExtremeBytes& extreme, const T& value, Arena& arena) {
  if (extreme.any && (max ? Order(extreme, value) <= 0 : Order(extreme, value) >= 0)) return;
  Keep(extreme, value, arena);
  extreme.any = true;
}
template <typename T, bool max>
void UpdateBytes(AggregateUpdate& update) {
  const Column& in = *update.in[0];
  const T* cells = in.data<T>();
  const size_t mask = in.row_mask();
  ForEachState<ExtremeBytes>(
      update, [&](ExtremeBytes& extreme, size_t row) { TakeBytes<T, max>(extreme, cells[row & mask], *update.arena); });
}
template <typename T>
T ViewOf(const ExtremeBytes& extreme) {
  if constexpr (std::is_same_v<T, DocumentView>) {
    return DocumentView(extreme.bytes.view(), extreme.keys);
  } else {
    return extreme.bytes.view();
  }
}
template <typename T, bool max>
void MergeBytes(std::byte* into, const std::byte* from, Arena& arena, KernelFailure&) {
  const auto& other = StateOf<ExtremeBytes>(from);
  if (other.any) TakeBytes<T, max>(*reinterpret_cast<ExtremeBytes*>(into), ViewOf<T>(other), arena);
}
template <typename T>
void FinishBytes(const std::byte* state, Column& out, size_t row, KernelFailure&) {
  const auto& extreme = StateOf<ExtremeBytes>(state);
  if (!extreme.any) return out.SetNull(row);
  out.data<T>()[row] = ViewOf<T>(extreme);
}

// Arrays compare item by item.
template <bool max>
void UpdateArrays(AggregateUpdate& update) {
  const Column& in = *update.in[0];
  const LogicalType element = ElementOf(in.type());
  ForEachState<ExtremeBytes>(update, [&](ExtremeBytes& extreme, size_t row) {
    const std::string_view cell = in.data<std::string_view>()[row & in.row_mask()];
    if (extreme.any) {
      const auto order = CompareValues(Value::OfArray(element, DecodeArray(cell, element)),
                                       Value::OfArray(element, DecodeArray(extreme.bytes.view(), element)));
      if (max ? order <= 0 : order >= 0) return;
    }
    Keep(extreme, cell, *update.arena);
    extreme.any = true;
  });
}

template <bool max>
void Add(std::vector<AggregateFunction>& out, std::string_view name) {
  const auto plain = [&]<typename T>(LogicalType type, T) {
    out.push_back({name, {type}, type, sizeof(Extreme<T>), Update<T, max>, Merge<T, max>, Finish<T>});
  };
  const auto bytes = [&]<typename T>(LogicalType type, T) {
    out.push_back({name, {type}, type, sizeof(ExtremeBytes), UpdateBytes<T, max>, MergeBytes<T, max>, FinishBytes<T>});
  };
  for (const LogicalType type : {kSmallInt, kInteger, kInt, kTimestamp, kDate, kTime, kLocalTimestamp})
    plain(type, int64_t{});
  for (const LogicalType type : {kReal, kDouble}) plain(type, double{});
  plain(kInterval, Interval{});
  bytes(kText, std::string_view{});
  bytes(kJson, DocumentView{});
  const LogicalType array = ArrayOf(kAnyElement);
  out.push_back(
      {name, {array}, array, sizeof(ExtremeBytes), UpdateArrays<max>, nullptr, FinishBytes<std::string_view>});
}

}  // namespace

void AddExtremeAggregates(std::vector<AggregateFunction>& out) {
  Add<false>(out, "min");
  Add<true>(out, "max");
}

}  // namespace rem::sql
