#include "trainer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <numeric>
#include <random>

#include "base/hash.h"
#include "matrix_product.h"

namespace rem::training {
namespace {

using Batch = std::vector<uint32_t>;

uint64_t IdsKey(const std::vector<uint32_t>& ids) {
  return Hash64({reinterpret_cast<const char*>(ids.data()), ids.size() * sizeof(uint32_t)});
}

/// std::shuffle's result is not the same with every library; this one's is.
template <typename T>
void Shuffle(std::vector<T>& items, std::mt19937_64& random) {
  for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[random() % i]);
}

std::vector<Batch> MakeBatches(const std::vector<TokenPair>& pairs, const std::vector<double>& weights,
                               const TrainerOptions& options, std::mt19937_64& random) {
  std::map<uint32_t, Batch> by_source;
  for (uint32_t i = 0; i < pairs.size(); ++i) by_source[pairs[i].source].push_back(i);
  std::vector<Batch> batches;
  std::vector<uint32_t> flat;
  for (auto& [source, members] : by_source) {
    std::vector<uint32_t> sequence;
    for (double left = options.epochs * weights[source]; left > 0; left -= 1) {
      Shuffle(members, random);
      const size_t count = static_cast<size_t>(std::min(1.0, left) * members.size());
      sequence.insert(sequence.end(), members.begin(), members.begin() + count);
    }
    flat.insert(flat.end(), sequence.begin(), sequence.end());
    for (size_t at = 0; at + options.batch / 8 < sequence.size(); at += options.batch) {
      const size_t end = std::min(sequence.size(), at + options.batch);
      batches.emplace_back(sequence.begin() + at, sequence.begin() + end);
    }
  }
  Shuffle(batches, random);
  Shuffle(flat, random);
  const size_t mixed = static_cast<size_t>(batches.size() * options.mixed_share);
  for (size_t i = 0; i < mixed && (i + 1) * options.batch <= flat.size(); ++i) {
    batches[i].assign(flat.begin() + i * options.batch, flat.begin() + (i + 1) * options.batch);
  }
  Shuffle(batches, random);
  return batches;
}

// One side of a batch: sums of token rows, their directions, and the gradients of both.
struct Side {
  std::vector<float> sums, directions, gradient, norms;
  std::vector<uint64_t> keys;
};

class Trainer {
 public:
  Trainer(const std::vector<TokenPair>& pairs, const Composition& composition, const TrainerOptions& options)
      : pairs_(pairs), composition_(composition), options_(options), dimension_(options.dimension) {
    const size_t tokens = composition.parts.size();
    slot_of_token_.assign(tokens, kNoSlot);
    values_.resize(composition.parameters * dimension_);
    first_moment_.assign(values_.size(), 0);
    second_moment_.assign(values_.size(), 0);
    steps_.assign(composition.parameters, 0);
    slot_of_parameter_.assign(composition.parameters, kNoSlot);
  }

  void Initialise(std::mt19937_64& random) {
    std::vector<double> counts(composition_.parts.size(), 0);
    double all = 0;
    for (const TokenPair& pair : pairs_) {
      for (const auto* side : {&pair.a, &pair.b}) {
        for (const uint32_t id : *side) ++counts[id];
        all += static_cast<double>(side->size());
      }
    }
    for (float& value : values_) value = static_cast<float>(Normal(random) / std::sqrt(dimension_));
    // Parts beyond the first start at nothing, so that every token starts with its own row.
    std::vector<uint8_t> own(composition_.parameters, 0);
    for (size_t token = 0; token < counts.size(); ++token) {
      const uint32_t row = composition_.parts[token][0];
      const double s = options_.frequency_smoothing;
      own[row] = 1;
      for (size_t d = 0; d < dimension_; ++d) {
        values_[row * dimension_ + d] *= static_cast<float>(s / (s + counts[token] / all));
      }
    }
    for (size_t row = 0; row < own.size(); ++row) {
      if (own[row] == 0) std::fill_n(values_.begin() + row * dimension_, dimension_, 0.0f);
    }
  }

  double Step(const Batch& batch, double learning_rate) {
    Materialise(batch);
    Pool(batch, &TokenPair::a, a_);
    Pool(batch, &TokenPair::b, b_);
    const double loss = Loss(batch.size());
    BackToSums(a_, batch.size());
    BackToSums(b_, batch.size());
    std::fill(token_gradients_.begin(), token_gradients_.begin() + touched_.size() * dimension_, 0.0f);
    BackToTokens(batch, &TokenPair::a, a_);
    BackToTokens(batch, &TokenPair::b, b_);
    Update(static_cast<float>(learning_rate));
    for (const uint32_t token : touched_) slot_of_token_[token] = kNoSlot;
    return loss;
  }

  std::vector<float> Rows() const {
    std::vector<float> rows(composition_.parts.size() * dimension_, 0);
    for (size_t token = 0; token < composition_.parts.size(); ++token) AddParts(token, &rows[token * dimension_]);
    return rows;
  }

 private:
  static constexpr uint32_t kNoSlot = 0xffffffff;
  using Text = std::vector<uint32_t> TokenPair::*;

  static double Normal(std::mt19937_64& random) {
    const double u = (static_cast<double>(random() >> 11) + 0.5) / 9007199254740992.0;
    const double v = static_cast<double>(random() >> 11) / 9007199254740992.0;
    return std::sqrt(-2 * std::log(u)) * std::cos(6.283185307179586 * v);
  }

  void AddParts(size_t token, float* row) const {
    for (const uint32_t part : composition_.parts[token]) {
      const float* from = &values_[part * dimension_];
      for (size_t d = 0; d < dimension_; ++d) row[d] += from[d];
    }
  }

  // The rows of the tokens that the batch has.
  void Materialise(const Batch& batch) {
    touched_.clear();
    for (const uint32_t pair : batch) {
      for (const auto* side : {&pairs_[pair].a, &pairs_[pair].b}) {
        for (const uint32_t id : *side) {
          if (slot_of_token_[id] != kNoSlot) continue;
          slot_of_token_[id] = static_cast<uint32_t>(touched_.size());
          touched_.push_back(id);
        }
      }
    }
    if (token_rows_.size() < touched_.size() * dimension_) {
      token_rows_.resize(touched_.size() * dimension_);
      token_gradients_.resize(token_rows_.size());
    }
    std::fill(token_rows_.begin(), token_rows_.begin() + touched_.size() * dimension_, 0.0f);
    for (size_t i = 0; i < touched_.size(); ++i) AddParts(touched_[i], &token_rows_[i * dimension_]);
  }

  void Pool(const Batch& batch, Text text, Side& side) {
    side.sums.assign(batch.size() * dimension_, 0);
    side.directions.resize(side.sums.size());
    side.norms.resize(batch.size());
    side.keys.resize(batch.size());
    for (size_t i = 0; i < batch.size(); ++i) {
      const std::vector<uint32_t>& ids = pairs_[batch[i]].*text;
      side.keys[i] = IdsKey(ids);
      float* sum = &side.sums[i * dimension_];
      for (const uint32_t id : ids) {
        const float* row = &token_rows_[slot_of_token_[id] * dimension_];
        for (size_t d = 0; d < dimension_; ++d) sum[d] += row[d];
      }
      const float share = 1.0f / static_cast<float>(ids.size());
      float squares = 1e-12f;
      for (size_t d = 0; d < dimension_; ++d) {
        sum[d] *= share;
        squares += sum[d] * sum[d];
      }
      side.norms[i] = std::sqrt(squares);
      for (size_t d = 0; d < dimension_; ++d) side.directions[i * dimension_ + d] = sum[d] / side.norms[i];
    }
  }

  // Leaves the gradients of the directions in both sides.
  double Loss(size_t n) {
    const auto scale = static_cast<float>(options_.scale);
    scores_.resize(n * n);
    product_.Multiply(n, n, dimension_, scale, {a_.directions.data(), dimension_, 1},
                      {b_.directions.data(), 1, dimension_}, scores_.data());
    std::vector<float> row_sums(n, 0), column_sums(n, 0);
    double loss = 0;
    for (size_t i = 0; i < n; ++i) {
      float* row = &scores_[i * n];
      loss -= 2 * (row[i] - scale);
      const uint64_t a_key = a_.keys[i], b_key = b_.keys[i];
      float sum = 0;
      for (size_t j = 0; j < n; ++j) {
        // Scores are at most `scale`, so the exponent is at most 0.
        row[j] = std::exp(row[j] - scale);
      }
      for (size_t j = 0; j < n; ++j) {
        // The same text again is no negative.
        const bool same = (a_key == a_.keys[j] || b_key == b_.keys[j]) && i != j;
        row[j] = same ? 0.0f : row[j];
        sum += row[j];
        column_sums[j] += row[j];
      }
      row_sums[i] = sum;
    }
    for (size_t i = 0; i < n; ++i) loss += std::log(row_sums[i]) + std::log(column_sums[i]);
    const float factor = scale / (2.0f * static_cast<float>(n));
    for (float& sum : column_sums) sum = 1 / sum;
    for (size_t i = 0; i < n; ++i) {
      float* row = &scores_[i * n];
      const float own = 1 / row_sums[i];
      for (size_t j = 0; j < n; ++j) row[j] *= (own + column_sums[j]) * factor;
      row[i] -= 2 * factor;
    }
    a_.gradient.resize(n * dimension_);
    b_.gradient.resize(n * dimension_);
    product_.Multiply(n, dimension_, n, 1, {scores_.data(), n, 1}, {b_.directions.data(), dimension_, 1},
                      a_.gradient.data());
    product_.Multiply(n, dimension_, n, 1, {scores_.data(), 1, n}, {a_.directions.data(), dimension_, 1},
                      b_.gradient.data());
    return loss / (2.0 * static_cast<double>(n));
  }

  // From gradients of directions to gradients of sums: what lies along the direction has no effect.
  void BackToSums(Side& side, size_t n) const {
    for (size_t i = 0; i < n; ++i) {
      float* gradient = &side.gradient[i * dimension_];
      const float* direction = &side.directions[i * dimension_];
      float along = 0;
      for (size_t d = 0; d < dimension_; ++d) along += gradient[d] * direction[d];
      for (size_t d = 0; d < dimension_; ++d) gradient[d] = (gradient[d] - along * direction[d]) / side.norms[i];
    }
  }

  void BackToTokens(const Batch& batch, Text text, const Side& side) {
    for (size_t i = 0; i < batch.size(); ++i) {
      const std::vector<uint32_t>& ids = pairs_[batch[i]].*text;
      const float share = 1.0f / static_cast<float>(ids.size());
      const float* gradient = &side.gradient[i * dimension_];
      for (const uint32_t id : ids) {
        float* to = &token_gradients_[slot_of_token_[id] * dimension_];
        for (size_t d = 0; d < dimension_; ++d) to[d] += share * gradient[d];
      }
    }
  }

  void Update(float learning_rate) {
    touched_parameters_.clear();
    for (size_t i = 0; i < touched_.size(); ++i) {
      for (const uint32_t part : composition_.parts[touched_[i]]) {
        const float* from = &token_gradients_[i * dimension_];
        uint32_t& slot = slot_of_parameter_[part];
        const bool first = slot == kNoSlot;
        if (first) {
          slot = static_cast<uint32_t>(touched_parameters_.size());
          touched_parameters_.push_back(part);
          if (parameter_gradients_.size() < (slot + 1) * dimension_) {
            parameter_gradients_.resize(2 * (slot + 1) * dimension_);
          }
        }
        float* to = &parameter_gradients_[slot * dimension_];
        if (first) {
          std::memcpy(to, from, dimension_ * sizeof(float));
        } else {
          for (size_t d = 0; d < dimension_; ++d) to[d] += from[d];
        }
      }
    }
    for (const uint32_t part : touched_parameters_) {
      Adam(part, &parameter_gradients_[slot_of_parameter_[part] * dimension_], learning_rate);
      slot_of_parameter_[part] = kNoSlot;
    }
  }

  void Adam(uint32_t part, const float* gradient, float learning_rate) {
    constexpr float kDecay1 = 0.9f, kDecay2 = 0.99f;
    const auto step = static_cast<float>(++steps_[part]);
    const float correct1 = learning_rate / (1 - std::pow(kDecay1, step));
    const float correct2 = 1 / (1 - std::pow(kDecay2, step));
    float* value = &values_[part * dimension_];
    float* first = &first_moment_[part * dimension_];
    float* second = &second_moment_[part * dimension_];
    for (size_t d = 0; d < dimension_; ++d) {
      first[d] = kDecay1 * first[d] + (1 - kDecay1) * gradient[d];
      second[d] = kDecay2 * second[d] + (1 - kDecay2) * gradient[d] * gradient[d];
      value[d] -= correct1 * first[d] / (std::sqrt(second[d] * correct2) + 1e-8f);
    }
  }

  const std::vector<TokenPair>& pairs_;
  const Composition& composition_;
  const TrainerOptions& options_;
  const size_t dimension_;
  MatrixProduct product_;
  Side a_, b_;
  std::vector<float> scores_;
  std::vector<float> values_, first_moment_, second_moment_;
  std::vector<uint32_t> steps_;
  std::vector<uint32_t> slot_of_token_, slot_of_parameter_, touched_, touched_parameters_;
  std::vector<float> token_rows_, token_gradients_, parameter_gradients_;
};

}  // namespace

std::vector<float> TrainRows(const std::vector<TokenPair>& pairs, const std::vector<double>& weights,
                             const Composition& composition, const TrainerOptions& options,
                             const std::function<void(size_t done, size_t all, double loss)>& progress) {
  std::mt19937_64 random(options.seed);
  Trainer trainer(pairs, composition, options);
  trainer.Initialise(random);
  const std::vector<Batch> batches = MakeBatches(pairs, weights, options, random);
  const double all = static_cast<double>(batches.size()), warm_up = std::max(1.0, all / 20);
  double smoothed = 0;
  for (size_t i = 0; i < batches.size(); ++i) {
    const double rate =
        std::min((static_cast<double>(i) + 1) / warm_up, (all - static_cast<double>(i)) / std::max(1.0, all - warm_up));
    const double loss = trainer.Step(batches[i], options.learning_rate * rate);
    smoothed = i == 0 ? loss : 0.98 * smoothed + 0.02 * loss;
    progress(i + 1, batches.size(), smoothed);
  }
  return trainer.Rows();
}

}  // namespace rem::training
