#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "corpus.h"

namespace rem::training {

/// Writes texts.size() * dimension floats.
using Embedder = std::function<void(std::span<const std::string_view> texts, float* out)>;

/// Spearman's rank correlation of cosines and scores.
double ScoredPairCorrelation(const std::vector<ScoredPair>& rows, const Embedder& embed, size_t dimension);

/// Every distinct b of a held-out set is a document; the first kMaxQueries distinct a are queries, whose relevant
/// documents are those that a pair names.
struct RetrievalTask {
  static constexpr size_t kMaxQueries = 1000;
  std::vector<std::string> documents, queries;
  /// For each query.
  std::vector<std::vector<uint32_t>> relevant;
};
RetrievalTask MakeRetrievalTask(const HeldOut& set);

/// Scores of all documents for one query, larger is better.
using Scorer = std::function<void(size_t query, std::span<double> scores)>;

/// Mean nDCG@10 with binary relevance (Järvelin and Kekäläinen, 2002); documents of the same score rank by number.
double MeanNdcg(const RetrievalTask& task, const Scorer& scorer);

Scorer CosineScorer(const RetrievalTask& task, const Embedder& embed, size_t dimension);
/// BM25 (Robertson and Zaragoza, 2009) over folded, stemmed words; k1 0.9, b 0.4.
Scorer Bm25Scorer(const RetrievalTask& task);
/// Both brought to 0..1 per query; `weight` is the second one's.
Scorer FusedScorer(Scorer first, Scorer second, double weight);

}  // namespace rem::training
