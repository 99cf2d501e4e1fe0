#include "search/vector_search.h"

#include <algorithm>

#include "storage/row_codec.h"
#include "store/vector_indexes.h"

namespace rem {

namespace {

/// Of so few rows the stored vectors are read at once.
constexpr size_t kFewRows = 32;
/// Up to so many given rows the code of each is looked at; beyond, the graph is followed until enough were met.
constexpr size_t kManyRows = 50'000;
/// A search for more than this is as fast without the graph.
constexpr size_t kMaxGraphTop = 2000;
/// Candidates beyond k that are ranked exactly: estimated distances may swap neighbours.
size_t CandidatesFor(size_t k) { return k + k / 2 + 5; }
/// Changes that a search takes up itself: a tenth of what it would look at without an index, within bounds.
size_t PendingLimit(int64_t live_rows) {
  return static_cast<size_t>(std::clamp<int64_t>(live_rows / 10, 1000, 20'000));
}

class GraphSearcher {
 public:
  GraphSearcher(const ReadView& view, const Table& table, const VectorColumn& column, const VectorQuery& query,
                const TableVectorIndex& index, VectorSearchReport& report)
      : view_(view), table_(table), column_(column), query_(query), index_(index), report_(report) {}

  /// nullopt when the index cannot give the answer.
  std::optional<std::vector<ScoredRow>> Run() {
    // The order matters: what the graph has not got at this point, or gets while it is searched, is in the log when
    // the log is read afterwards.
    const Sequence known = std::min(index_.applied(), view_.vectors().committed);
    std::vector<RowId> candidates = Candidates();
    const auto changed = view_.vectors().indexes->ChangedSince(table_, known, PendingLimit(table_.counters->live_rows));
    if (!changed) return std::nullopt;
    candidates.insert(candidates.end(), changed->begin(), changed->end());
    const std::vector<RowId> uncoded = index_.uncoded();
    candidates.insert(candidates.end(), uncoded.begin(), uncoded.end());
    std::ranges::sort(candidates);
    candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
    if (query_.rows) {
      std::vector<RowId> wanted;
      std::ranges::set_intersection(candidates, *query_.rows, std::back_inserter(wanted));
      candidates = std::move(wanted);
    }
    FlatQuery exact = query_;
    exact.rows = candidates;
    exact.scored = &report_.scored;
    // Below the least score there may be rows that fill the answer up: they tell that nothing better is missing.
    exact.min_score = -std::numeric_limits<double>::infinity();
    std::vector<ScoredRow> found = FlatSearch(view_, table_, column_, exact);
    if (!query_.rows) DropDeleted(found);
    if (found.size() < query_.k && MayMatchMore(candidates.size())) return std::nullopt;
    std::erase_if(found, [&](const ScoredRow& scored) { return !(scored.score >= query_.min_score); });
    return found;
  }

 private:
  std::vector<RowId> Candidates() {
    const size_t limit = CandidatesFor(query_.k);
    HnswQuery graph{query_.vector, limit, std::max(query_.ef, limit)};
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
        HnswQuery again{query_.vector, CandidatesFor(query_.k), wanted};
        for (const HnswCandidate& found : index_.graph().SearchRows(again, *query_.rows, &counts)) {
          rows.push_back(found.row);
        }
        report_.codes += counts.scored;
        return rows;
      }
    }
  }

  // Rows given by the caller are live; those that the index gave may be deleted in the view.
  void DropDeleted(std::vector<ScoredRow>& found) const {
    std::string buffer;
    std::erase_if(found, [&](const ScoredRow& scored) {
      return !view_.GetRow(table_, scored.row, buffer) || RowView(buffer, table_.keys.get()).deleted();
    });
  }

  /// Whether rows that were no candidates could still belong to an answer that is short.
  bool MayMatchMore(size_t candidates) const {
    if (query_.rows) return candidates < query_.rows->size();
    return static_cast<int64_t>(candidates) < table_.counters->live_rows.load();
  }

  const ReadView& view_;
  const Table& table_;
  const VectorColumn& column_;
  const VectorQuery& query_;
  const TableVectorIndex& index_;
  VectorSearchReport& report_;
};

// Whether the order by the index's distance is the order by the query's score.
bool Orders(const TableVectorIndex& index, const FlatQuery& query) {
  return query.metric == FlatQuery::Metric::kCosine || index.unit_lengths();
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
  if (view.vectors().indexes != nullptr && !few && query.k > 0 && query.k <= kMaxGraphTop &&
      query.vector.size() == column.dimension) {
    const auto index = view.vectors().indexes->Find(table, column);
    if (index != nullptr && Orders(*index, query)) {
      if (auto found = GraphSearcher(view, table, column, query, *index, out).Run()) return std::move(*found);
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

}  // namespace rem
