#include "embedding/local/local_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include <rem/error.h>

#include "embedding/local/math_kernels.h"
#include "embedding/local/spread.h"

namespace rem {

namespace {

// More tokens do not make the layers' products any faster, and fewer let every row block read all weights again.
constexpr size_t kMostTokensOfJob = 384, kFewestTokensOfJob = 96;

void StopIfCancelled(const std::atomic<bool>* cancelled) {
  if (cancelled != nullptr && cancelled->load(std::memory_order_relaxed)) {
    throw Error(ErrorCode::kCancelled, "Embedding was cancelled", "call it again");
  }
}

}  // namespace

/// A text's tokens, or some of them.
struct LocalModel::Part {
  uint32_t text;
  std::vector<uint32_t> ids;
};

LocalModel::LocalModel(const std::string& folder, EncoderPrecision precision)
    : config_(ReadLocalModelConfig(folder)), tokenizer_(ReadTokenizer(folder)) {
  if (tokenizer_.vocabulary_size() > config_.shape.vocabulary) {
    throw Error(ErrorCode::kCorruption,
                fmt::format("The tokenizer in \"{}\" knows {} tokens and the model {}", folder,
                            tokenizer_.vocabulary_size(), config_.shape.vocabulary),
                "config.json and the files of the tokenizer must belong to the same model");
  }
  encoder_ = std::make_unique<const Encoder>(config_.shape, SafetensorsFile::Open(folder + "/model.safetensors"),
                                             BestMathKernels(), precision);
}

bool LocalModel::Tokenize(std::string_view text, std::vector<uint32_t>& ids) const {
  const bool more = tokenizer_.Encode(text, config_.max_tokens - 2, ids);
  ids.insert(ids.begin(), tokenizer_.first());
  ids.push_back(tokenizer_.last());
  return more;
}

bool LocalModel::Split(std::string_view text, LongTexts long_texts, uint32_t number, std::vector<Part>& parts) const {
  if (long_texts == LongTexts::kCut) {
    parts.push_back({number, {}});
    return Tokenize(text, parts.back().ids);
  }
  std::vector<uint32_t> ids;
  const size_t most = config_.max_tokens - 2;
  const bool more = tokenizer_.Encode(text, most * kMaxParts, ids);
  // Parts of about the same length, so that the last one is not a few words.
  const size_t count = std::max<size_t>((ids.size() + most - 1) / most, 1);
  for (size_t i = 0; i < count; ++i) {
    const auto begin = ids.begin() + static_cast<std::ptrdiff_t>(ids.size() * i / count);
    const auto end = ids.begin() + static_cast<std::ptrdiff_t>(ids.size() * (i + 1) / count);
    Part part{number, {tokenizer_.first()}};
    part.ids.insert(part.ids.end(), begin, end);
    part.ids.push_back(tokenizer_.last());
    parts.push_back(std::move(part));
  }
  return more;
}

void LocalModel::EncodeParts(std::span<const Part> parts, size_t texts, const std::atomic<bool>* cancelled,
                             float* out) const {
  const size_t dimension = this->dimension();
  // Neighbours of about the same length make jobs of about the same work.
  std::vector<size_t> order(parts.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return parts[a].ids.size() > parts[b].ids.size(); });
  size_t all_tokens = 0;
  for (const Part& part : parts) all_tokens += part.ids.size();
  // Two jobs for each processor at least, so that the last one is not waited for long.
  const size_t job_tokens =
      std::clamp(all_tokens / (2 * ProcessorsToSpreadOver()), kFewestTokensOfJob, kMostTokensOfJob);
  std::vector<size_t> job_ends;
  for (size_t i = 0, tokens = 0; i < order.size(); ++i) {
    tokens += parts[order[i]].ids.size();
    if (tokens < job_tokens && i + 1 < order.size()) continue;
    job_ends.push_back(i + 1);
    tokens = 0;
  }
  std::vector<float> vectors(parts.size() * dimension);
  SpreadOverProcessors(job_ends.size(), [&](size_t job) {
    StopIfCancelled(cancelled);
    const size_t begin = job == 0 ? 0 : job_ends[job - 1];
    std::vector<std::span<const uint32_t>> ids;
    for (size_t i = begin; i < job_ends[job]; ++i) ids.emplace_back(parts[order[i]].ids);
    const Encoder::ScratchPointer scratch = Encoder::MakeScratch();
    encoder_->Encode(ids, config_.pooling, *scratch, vectors.data() + begin * dimension);
  });
  std::vector<size_t> place(parts.size());
  for (size_t i = 0; i < order.size(); ++i) place[order[i]] = i;
  std::fill(out, out + texts * dimension, 0.0F);
  std::vector<size_t> tokens(texts, 0);
  for (const Part& part : parts) tokens[part.text] += part.ids.size();
  for (size_t i = 0; i < parts.size(); ++i) {
    const float* vector = vectors.data() + place[i] * dimension;
    const float weight = static_cast<float>(parts[i].ids.size()) / static_cast<float>(tokens[parts[i].text]);
    for (size_t d = 0; d < dimension; ++d) out[parts[i].text * dimension + d] += vector[d] * weight;
  }
}

size_t LocalModel::Embed(std::span<const std::string_view> texts, LongTexts long_texts, float* out,
                         const std::atomic<bool>* cancelled) const {
  std::vector<Part> parts;
  size_t cut = 0;
  for (size_t i = 0; i < texts.size(); ++i) {
    StopIfCancelled(cancelled);
    cut += Split(texts[i], long_texts, static_cast<uint32_t>(i), parts);
  }
  EncodeParts(parts, texts.size(), cancelled, out);
  if (!config_.normalise) return cut;
  for (size_t i = 0; i < texts.size(); ++i, out += dimension()) {
    double squares = 0;
    for (size_t d = 0; d < dimension(); ++d) squares += double{out[d]} * out[d];
    const double scale = squares == 0 ? 0 : 1 / std::sqrt(squares);
    for (size_t d = 0; d < dimension(); ++d) out[d] = static_cast<float>(out[d] * scale);
  }
  return cut;
}

}  // namespace rem
