#include "search/vector_search.h"

#include <algorithm>
#include <cmath>

#include "storage/row_codec.h"
#include "store/vector_indexes.h"

namespace rem {

namespace {

/// Of so few rows the stored vectors are read at once.
constexpr size_t kFewRows = 32;
/// Up to so many given rows the code of each is looked at; beyond, the graph is followed until enough were met.
constexpr size_t kManyRows = 50'000;
/// Rows that the index cannot tell of whether they have vectors: so many are looked up.
constexpr size_t kMostUnsure = 1000;
constexpr size_t kReadsBetweenChecks = 256;
/// What a search for all rows from a score on tries first.
constexpr size_t kFirstRangeTop = 200;
/// Candidates beyond k that are ranked exactly: estimated distances may swap neighbours.
size_t CandidatesFor(size_t k) { return k + k / 2 + 5; }
/// Changes that a search takes up itself: a tenth of what it would look at without an index, within bounds.
size_t PendingLimit(int64_t live_rows) {
  return static_cast<size_t>(std::clamp<int64_t>(live_rows / 10, 1000, 20'000));
}

// The rows that differ, or may, between what an index knew at `known` and what the view sees, ascending; nullopt where
// they are too many, or cannot be said.
std::optional<std::vector<RowId>> ChangedRows(const ReadView& view, const Table& table, const VectorColumn& column,
                                              Sequence known) {
  const size_t limit = PendingLimit(table.counters->live_rows);
  auto changed = view.vectors().indexes->ChangedSince(table, column, known, limit);
  if (!changed || !view.vectors().own_changes) return changed;
  const auto own = view.vectors().own_changes(table.id, limit);
  if (!own) return std::nullopt;
  std::vector<RowId> both;
  std::ranges::set_union(*changed, *own, std::back_inserter(both));
  return both;
}

class GraphSearcher {
 public:
  GraphSearcher(const ReadView& view, const Table& table, const VectorColumn& column, const VectorQuery& query,
                const TableVectorIndex& index, VectorSearchReport& report)
      : view_(view), table_(table), column_(column), query_(query), index_(index), report_(report) {}

  /// nullopt when the index cannot give the answer.
  std::optional<std::vector<ScoredRow>> Run() {
    const VectorCache::Stamps stamps = index_.cache().stamps();
    // The order matters: what the graph has not got at this point, or gets while it is searched, is in the log when
    // the log is read afterwards.
    const Sequence known = std::min(index_.applied(), view_.vectors().committed);
    std::vector<RowId> candidates = Candidates();
    const auto changed = ChangedRows(view_, table_, column_, known);
    if (!changed) return std::nullopt;
    candidates.insert(candidates.end(), changed->begin(), changed->end());
    const std::vector<RowId> uncoded = index_.uncoded();
    candidates.insert(candidates.end(), uncoded.begin(), uncoded.end());
    std::ranges::sort(candidates);
    candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
    if (query_.rows)
      std::erase_if(candidates, [&](RowId row) { return !std::ranges::binary_search(*query_.rows, row); });
    auto found = Best(Score(candidates, *changed, stamps));
    if (!found || (found->size() < query_.k && MayMatchMore(*found, candidates.size(), *changed))) return std::nullopt;
    std::erase_if(*found, [&](const ScoredRow& scored) { return !(scored.score >= query_.min_score); });
    return found;
  }

 private:
  struct Scored {
    ScoredRow row;
    bool live;  // Known to be.
  };

  // Exactly, from the vectors that the view sees. A cached one is that of a row without changes since.
  std::vector<Scored> Score(const std::vector<RowId>& rows, const std::vector<RowId>& changed,
                            const VectorCache::Stamps& stamps) {
    const VectorScorer score(query_.metric, query_.vector);
    std::vector<Scored> scored;
    scored.reserve(rows.size());
    std::vector<RowId> unknown;
    {
      const VectorCache::Reader cached(index_.cache());
      for (const RowId row : rows) {
        const bool same = !std::ranges::binary_search(changed, row);
        if (const float* vector = same ? cached.Find(row) : nullptr) {
          scored.push_back({{row, score(vector)}, true});
        } else {
          unknown.push_back(row);
        }
      }
    }
    VectorValue vector;
    std::string buffer;
    size_t read = 0;
    for (const RowId row : unknown) {
      if (++read % kReadsBetweenChecks == 0 && query_.check) query_.check();
      if (!view_.GetVector(table_, column_, row, vector) || vector.size() != query_.vector.size()) continue;
      const bool same = !std::ranges::binary_search(changed, row);
      const bool live = query_.rows.has_value() || (same && IsLive(row, buffer));
      if (same && !live) continue;
      if (same) index_.cache().Offer(row, vector, stamps);
      scored.push_back({{row, score(vector.data())}, live});
    }
    report_.scored += scored.size();
    return scored;
  }

  // The k best that are not deleted, best first.
  std::optional<std::vector<ScoredRow>> Best(std::vector<Scored> scored) const {
    // Lengths that overflow; the exact search leaves such rows out.
    if (std::ranges::any_of(scored, [](const Scored& one) { return std::isnan(one.row.score); })) return std::nullopt;
    std::ranges::sort(scored, [](const Scored& a, const Scored& b) {
      return a.row.score != b.row.score ? a.row.score > b.row.score : a.row.row < b.row.row;
    });
    std::vector<ScoredRow> best;
    std::string buffer;
    for (const Scored& one : scored) {
      if (best.size() == query_.k) break;
      if (one.live || IsLive(one.row.row, buffer)) best.push_back(one.row);
    }
    return best;
  }

  std::vector<RowId> Candidates() {
    const size_t limit = CandidatesFor(query_.k);
    report_.ef = std::max(query_.ef != 0 ? query_.ef : index_.sampler().ef(), limit);
    HnswQuery graph{query_.vector, limit, report_.ef, query_.k};
    if (!query_.rows) {
      report_.strategy = VectorSearchReport::Strategy::kGraph;
      return Rows(graph);
    }
    if (query_.rows->size() <= kManyRows) {
      report_.strategy = VectorSearchReport::Strategy::kGraphRows;
      HnswCounts counts;
      std::vector<RowId> rows;
      for (const HnswCandidate& found : index_.graph().SearchRows(graph, *query_.rows, &counts)) {
        rows.push_back(found.row);
      }
      report_.codes += counts.scored;
      return rows;
    }
    report_.strategy = VectorSearchReport::Strategy::kGraphExpanded;
    return Expand(graph);
  }

  std::vector<RowId> Rows(const HnswQuery& graph) {
    HnswCounts counts;
    std::vector<RowId> rows;
    for (const HnswCandidate& found : index_.graph().Search(graph, &counts)) rows.push_back(found.row);
    report_.codes += counts.scored;
    if (query_.check) query_.check();
    return rows;
  }

  // Wider and wider, until as many of the given rows were met as a search without conditions would look at.
  std::vector<RowId> Expand(HnswQuery graph) {
    const size_t wanted = graph.ef;
    const size_t all = index_.graph().size();
    const double share = static_cast<double>(query_.rows->size()) / static_cast<double>(std::max<size_t>(all, 1));
    graph.ef = static_cast<size_t>(static_cast<double>(wanted) / std::min(share, 1.0)) + 1;
    for (;; graph.ef *= 2) {
      graph.limit = graph.ef;
      const std::vector<RowId> met = Rows(graph);
      std::vector<RowId> rows;
      for (const RowId row : met) {
        if (std::ranges::binary_search(*query_.rows, row)) rows.push_back(row);
      }
      if (rows.size() >= wanted) {
        // Nearest first, as the graph gave them.
        rows.resize(std::min(rows.size(), CandidatesFor(query_.k)));
        return rows;
      }
      if (met.size() < graph.ef || graph.ef > all / 4 || graph.ef > HnswIndex::kMaxEf / 2) {
        // The rows that match lie far from the query: look at all of their codes.
        report_.strategy = VectorSearchReport::Strategy::kGraphRows;
        HnswCounts counts;
        rows.clear();
        HnswQuery again{query_.vector, CandidatesFor(query_.k), wanted, query_.k};
        for (const HnswCandidate& found : index_.graph().SearchRows(again, *query_.rows, &counts)) {
          rows.push_back(found.row);
        }
        report_.codes += counts.scored;
        return rows;
      }
    }
  }

  // Rows given by the caller are live; those that the index gave may be deleted in the view.
  bool IsLive(RowId row, std::string& buffer) const {
    return view_.GetRow(table_, row, buffer) && !RowView(buffer, table_.keys.get()).deleted();
  }

  /// Whether rows that were no candidates could still belong to an answer that is short. Those are live and unchanged.
  bool MayMatchMore(const std::vector<ScoredRow>& found, size_t candidates, const std::vector<RowId>& changed) const {
    if (query_.rows) return candidates < query_.rows->size();
    const auto unchanged = std::ranges::count_if(
        found, [&](const ScoredRow& scored) { return !std::ranges::binary_search(changed, scored.row); });
    return unchanged < table_.counters->live_rows.load();
  }

  const ReadView& view_;
  const Table& table_;
  const VectorColumn& column_;
  const VectorQuery& query_;
  const TableVectorIndex& index_;
  VectorSearchReport& report_;
};

VectorMetric MetricOf(FlatQuery::Metric metric) {
  switch (metric) {
    case FlatQuery::Metric::kCosine:
      return VectorMetric::kCosine;
    case FlatQuery::Metric::kInnerProduct:
      return VectorMetric::kInnerProduct;
    case FlatQuery::Metric::kL2:
      return VectorMetric::kL2;
  }
  return VectorMetric::kCosine;
}

// Whether the order by the index's distance is the order by the query's score. An index over vectors of length 1 may
// have got another one since it was found.
bool Orders(const TableVectorIndex& index, VectorMetric metric) {
  return index.metric() == metric || index.unit_lengths();
}

std::optional<std::vector<ScoredRow>> SearchByGraph(const ReadView& view, const Table& table,
                                                    const VectorColumn& column, const VectorQuery& query,
                                                    const TableVectorIndex& index, VectorSearchReport& report) {
  if (query.k <= kMaxGraphTop) return GraphSearcher(view, table, column, query, index, report).Run();
  if (query.min_score == -std::numeric_limits<double>::infinity()) return std::nullopt;
  // All rows from a score on: where fewer come back than were asked for, the others are below it.
  for (const size_t top : {kFirstRangeTop, kMaxGraphTop}) {
    VectorQuery part = query;
    part.k = top;
    auto found = GraphSearcher(view, table, column, part, index, report).Run();
    if (!found || found->size() < top) return found;
  }
  return std::nullopt;
}

}  // namespace

const char* StrategyName(VectorSearchReport::Strategy strategy) {
  switch (strategy) {
    case VectorSearchReport::Strategy::kExact:
      return "exact search";
    case VectorSearchReport::Strategy::kGraph:
      return "graph search";
    case VectorSearchReport::Strategy::kGraphRows:
      return "scan of codes";
    case VectorSearchReport::Strategy::kGraphExpanded:
      return "expanded graph search";
  }
  return "";
}

std::vector<ScoredRow> VectorSearch(const ReadView& view, const Table& table, const VectorColumn& column,
                                    const VectorQuery& query, VectorSearchReport* report) {
  VectorSearchReport own;
  VectorSearchReport& out = report != nullptr ? *report : own;
  out = {};
  const bool few = query.rows && query.rows->size() <= kFewRows;
  if (view.vectors().indexes != nullptr && !few && query.k > 0 && query.vector.size() == column.dimension) {
    const VectorMetric metric = MetricOf(query.metric);
    const auto index = view.vectors().indexes->Find(table, column, metric);
    if (index != nullptr && Orders(*index, metric)) {
      if (auto found = SearchByGraph(view, table, column, query, *index, out)) {
        if (query.ef == 0 && !query.rows) index->sampler().Offer(query.vector);
        return std::move(*found);
      }
    }
  }
  out.strategy = VectorSearchReport::Strategy::kExact;
  FlatQuery exact = query;
  size_t scored = 0;
  exact.scored = &scored;
  std::vector<ScoredRow> found = FlatSearch(view, table, column, exact);
  out.scored += scored;
  return found;
}

bool EveryRowHasVector(const ReadView& view, const Table& table, const VectorColumn& column, FlatQuery::Metric metric,
                       const std::optional<std::span<const RowId>>& rows) {
  if (view.vectors().indexes == nullptr) return false;
  const auto index = view.vectors().indexes->Find(table, column, MetricOf(metric));
  if (index == nullptr) return false;
  // What is counted here is the state of `known` when no change after it is in the log that is read afterwards.
  const Sequence known = std::min(index->applied(), view.vectors().committed);
  const int64_t live = table.counters->live_rows.load();
  const std::vector<RowId> uncoded = index->uncoded();
  const size_t indexed = index->graph().size() + uncoded.size();
  std::vector<RowId> unsure;
  if (rows) {
    for (const RowId row : *rows) {
      if (!index->graph().Contains(row)) unsure.push_back(row);
    }
  }
  const auto changed = ChangedRows(view, table, column, known);
  if (!changed) return false;
  if (!rows) return changed->empty() && static_cast<int64_t>(indexed) == live;
  std::ranges::set_intersection(*changed, *rows, std::back_inserter(unsure));
  if (unsure.size() > kMostUnsure) return false;
  VectorValue vector;
  return std::ranges::all_of(unsure, [&](RowId row) { return view.GetVector(table, column, row, vector); });
}

}  // namespace rem
