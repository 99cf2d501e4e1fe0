#pragma once

#include <tuple>
#include <utility>

#include "sql/plan/function.h"

namespace rem::sql {

/// Calls f(row) for each row of a call. The dense case is a loop of its own, so that compilers vectorise it.
template <typename F>
inline void ForEachRow(const KernelCall& call, F&& f) {
  if (call.rows == nullptr) {
    for (size_t row = 0; row < call.count; ++row) f(row);
  } else {
    for (size_t i = 0; i < call.count; ++i) f(size_t{call.rows[i]});
  }
}

/// Reads argument `index` as cells of T.
template <typename T>
struct Argument {
  Argument(const KernelCall& call, size_t index) : cells(call.in[index]->data<T>()), mask(call.in[index]->row_mask()) {}
  const T& operator[](size_t row) const { return cells[row & mask]; }
  const T* cells;
  size_t mask;
};

/// Kernel of a function of plain values: out = F(a...).
template <auto F, typename R, typename... A, size_t... I>
inline void MapRows(KernelCall& call, std::index_sequence<I...>) {
  R* out = call.out->data<R>();
  const std::tuple<Argument<A>...> arguments{Argument<A>(call, I)...};
  ForEachRow(call, [&](size_t row) { out[row] = F(std::get<I>(arguments)[row]...); });
}
template <auto F, typename R, typename... A>
void Map(KernelCall& call) {
  MapRows<F, R, A...>(call, std::index_sequence_for<A...>{});
}

/// As Map, for functions that may fail, give NULL, or need memory for their result: F(call, row, a..., R& out).
template <auto F, typename R, typename... A, size_t... I>
inline void MapFullRows(KernelCall& call, std::index_sequence<I...>) {
  R* out = call.out->data<R>();
  const std::tuple<Argument<A>...> arguments{Argument<A>(call, I)...};
  ForEachRow(call, [&](size_t row) { F(call, row, std::get<I>(arguments)[row]..., out[row]); });
}
template <auto F, typename R, typename... A>
void MapFull(KernelCall& call) {
  MapFullRows<F, R, A...>(call, std::index_sequence_for<A...>{});
}

}  // namespace rem::sql
