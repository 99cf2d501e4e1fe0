#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace rem::training {

/// One pair of texts as tokens.
struct TokenPair {
  std::vector<uint32_t> a, b;
  uint32_t source = 0;
};

struct TrainerOptions {
  size_t dimension = 256;
  size_t batch = 1024;
  double epochs = 2;
  double learning_rate = 0.01;
  /// Cosines are multiplied by this before the softmax.
  double scale = 20;
  /// Of the batches, this share mixes all sources; the others take one source, so that their negatives are hard.
  double mixed_share = 0.2;
  /// Rows start with norms in proportion to s / (s + p(token)) (Arora et al., "A Simple but Tough-to-Beat Baseline for
  /// Sentence Embeddings", 2017).
  double frequency_smoothing = 1e-3;
  uint64_t seed = 1;
};

/// What a token's row is the sum of: rows of parameters. A word shares parameters with words of the same stem and with
/// the same parts, so that a rare one learns from them; after the training the sums are all that is kept.
struct Composition {
  size_t parameters = 0;
  /// For each token its parameters; the first is its own.
  std::vector<std::vector<uint32_t>> parts;
};

/// Trains token rows so that the texts of a pair are near: symmetric InfoNCE over in-batch negatives (van den Oord et
/// al., "Representation Learning with Contrastive Predictive Coding", 2018), Adam (Kingma and Ba, 2015) on the rows
/// that a batch touches. Returns tokens x dimension floats. The same input on the same machine gives the same bits.
/// `weights` are repetitions of each source an epoch.
std::vector<float> TrainRows(const std::vector<TokenPair>& pairs, const std::vector<double>& weights,
                             const Composition& composition, const TrainerOptions& options,
                             const std::function<void(size_t done, size_t all, double loss)>& progress);

}  // namespace rem::training
