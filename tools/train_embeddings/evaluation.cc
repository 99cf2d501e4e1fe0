#include "evaluation.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <unordered_map>

#include "embedding/suffix.h"
#include "embedding/text_folding.h"

namespace rem::training {
namespace {

std::vector<double> Ranks(const std::vector<double>& values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](size_t x, size_t y) { return values[x] < values[y]; });
  std::vector<double> ranks(values.size());
  for (size_t begin = 0; begin < order.size();) {
    size_t end = begin;
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    for (size_t i = begin; i < end; ++i) ranks[order[i]] = static_cast<double>(begin + end - 1) / 2;
    begin = end;
  }
  return ranks;
}

double Correlation(const std::vector<double>& x, const std::vector<double>& y) {
  const double n = static_cast<double>(x.size());
  const double mean_x = std::accumulate(x.begin(), x.end(), 0.0) / n;
  const double mean_y = std::accumulate(y.begin(), y.end(), 0.0) / n;
  double xy = 0, xx = 0, yy = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    xy += (x[i] - mean_x) * (y[i] - mean_y);
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    yy += (y[i] - mean_y) * (y[i] - mean_y);
  }
  return xy / std::sqrt(xx * yy);
}

std::vector<float> EmbedAll(const std::vector<std::string>& texts, const Embedder& embed, size_t dimension) {
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  std::vector<float> vectors(texts.size() * dimension);
  embed(views, vectors.data());
  return vectors;
}

double Dot(const float* x, const float* y, size_t size) {
  float sum = 0;
  for (size_t i = 0; i < size; ++i) sum += x[i] * y[i];
  return sum;
}

std::vector<std::string> Stems(const std::string& text) {
  FoldedText folded;
  FoldText(text, text.size(), folded);
  std::string buffer;
  std::vector<std::string> stems;
  for (const FoldedWord& word : folded.words) stems.emplace_back(StripSuffix(folded.word(word), buffer));
  return stems;
}

struct Posting {
  uint32_t document;
  double weight;
};

struct Bm25Index {
  std::unordered_map<std::string, std::vector<Posting>> postings;
  std::vector<std::vector<std::string>> queries;
};

Bm25Index MakeBm25Index(const RetrievalTask& task) {
  constexpr double kK1 = 0.9, kB = 0.4;
  Bm25Index index;
  std::vector<double> lengths;
  for (uint32_t i = 0; i < task.documents.size(); ++i) {
    const std::vector<std::string> stems = Stems(task.documents[i]);
    lengths.push_back(static_cast<double>(stems.size()));
    for (const std::string& stem : stems) {
      std::vector<Posting>& list = index.postings[stem];
      if (list.empty() || list.back().document != i) list.push_back({i, 0});
      list.back().weight += 1;
    }
  }
  const double count = static_cast<double>(lengths.size());
  const double mean = std::accumulate(lengths.begin(), lengths.end(), 0.0) / count;
  for (auto& [stem, list] : index.postings) {
    const double n = static_cast<double>(list.size());
    const double idf = std::log(1 + (count - n + 0.5) / (n + 0.5));
    for (Posting& p : list) {
      p.weight = idf * p.weight * (kK1 + 1) / (p.weight + kK1 * (1 - kB + kB * lengths[p.document] / mean));
    }
  }
  for (const std::string& query : task.queries) index.queries.push_back(Stems(query));
  return index;
}

void ScaleToOne(std::span<double> scores) {
  const auto [low, high] = std::minmax_element(scores.begin(), scores.end());
  const double from = *low, range = *high - *low;
  for (double& score : scores) score = range == 0 ? 0 : (score - from) / range;
}

}  // namespace

double ScoredPairCorrelation(const std::vector<ScoredPair>& rows, const Embedder& embed, size_t dimension) {
  std::vector<std::string> texts;
  std::vector<double> scores, cosines;
  for (const ScoredPair& row : rows) {
    texts.push_back(row.a);
    texts.push_back(row.b);
    scores.push_back(row.score);
  }
  const std::vector<float> vectors = EmbedAll(texts, embed, dimension);
  for (size_t i = 0; i < rows.size(); ++i) {
    cosines.push_back(Dot(&vectors[2 * i * dimension], &vectors[(2 * i + 1) * dimension], dimension));
  }
  return Correlation(Ranks(cosines), Ranks(scores));
}

RetrievalTask MakeRetrievalTask(const HeldOut& set) {
  RetrievalTask task;
  std::unordered_map<std::string, uint32_t> documents, queries;
  for (const Pair& pair : set.pairs) {
    const auto document = documents.emplace(pair.b, task.documents.size());
    if (document.second) task.documents.push_back(pair.b);
    auto query = queries.find(pair.a);
    if (query == queries.end()) {
      if (task.queries.size() >= RetrievalTask::kMaxQueries) continue;
      query = queries.emplace(pair.a, task.queries.size()).first;
      task.queries.push_back(pair.a);
      task.relevant.emplace_back();
    }
    std::vector<uint32_t>& relevant = task.relevant[query->second];
    const uint32_t number = document.first->second;
    if (std::find(relevant.begin(), relevant.end(), number) == relevant.end()) relevant.push_back(number);
  }
  return task;
}

double MeanNdcg(const RetrievalTask& task, const Scorer& scorer) {
  constexpr size_t kDepth = 10;
  std::vector<double> scores(task.documents.size());
  std::vector<uint32_t> order(scores.size());
  double sum = 0;
  for (size_t q = 0; q < task.queries.size(); ++q) {
    scorer(q, scores);
    std::iota(order.begin(), order.end(), 0u);
    const size_t depth = std::min(kDepth, order.size());
    std::partial_sort(order.begin(), order.begin() + depth, order.end(),
                      [&](uint32_t x, uint32_t y) { return scores[x] != scores[y] ? scores[x] > scores[y] : x < y; });
    const std::vector<uint32_t>& relevant = task.relevant[q];
    double gain = 0, ideal = 0;
    for (size_t i = 0; i < depth; ++i) {
      const double discount = 1 / std::log2(static_cast<double>(i) + 2);
      if (i < relevant.size()) ideal += discount;
      if (std::find(relevant.begin(), relevant.end(), order[i]) != relevant.end()) gain += discount;
    }
    sum += gain / ideal;
  }
  return sum / static_cast<double>(task.queries.size());
}

Scorer CosineScorer(const RetrievalTask& task, const Embedder& embed, size_t dimension) {
  auto documents = std::make_shared<const std::vector<float>>(EmbedAll(task.documents, embed, dimension));
  auto queries = std::make_shared<const std::vector<float>>(EmbedAll(task.queries, embed, dimension));
  return [documents, queries, dimension](size_t query, std::span<double> scores) {
    for (size_t i = 0; i < scores.size(); ++i) {
      scores[i] = Dot(&(*queries)[query * dimension], &(*documents)[i * dimension], dimension);
    }
  };
}

Scorer Bm25Scorer(const RetrievalTask& task) {
  auto index = std::make_shared<const Bm25Index>(MakeBm25Index(task));
  return [index](size_t query, std::span<double> scores) {
    std::fill(scores.begin(), scores.end(), 0.0);
    for (const std::string& stem : index->queries[query]) {
      const auto list = index->postings.find(stem);
      if (list == index->postings.end()) continue;
      for (const Posting& p : list->second) scores[p.document] += p.weight;
    }
  };
}

Scorer FusedScorer(Scorer first, Scorer second, double weight) {
  return [first, second, weight](size_t query, std::span<double> scores) {
    std::vector<double> other(scores.size());
    first(query, scores);
    second(query, other);
    ScaleToOne(scores);
    ScaleToOne(other);
    for (size_t i = 0; i < scores.size(); ++i) scores[i] += weight * other[i];
  };
}

}  // namespace rem::training
