#include "embedding/service/embedding_plan.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/check.h"
#include "embedding/service/long_text.h"

namespace rem {

namespace {

bool IsBlank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

std::shared_ptr<const EmbeddingFailure> TooLong(size_t bytes, size_t limit) {
  return std::make_shared<EmbeddingFailure>(
      EmbeddingFailure::Kind::kRefused,
      Error(ErrorCode::kLimitExceeded,
            fmt::format("A text of {} bytes is over the limit of {} for services", bytes, limit),
            "split the record into several, or give its vector"));
}

}  // namespace

EmbeddingPlan::EmbeddingPlan(std::span<const std::string_view> texts, const Limits& limits, const Output& output)
    : output_(output), texts_(texts.size()) {
  std::fill(output_.vectors, output_.vectors + texts.size() * output_.dimension, 0.0F);
  TakeApart(texts, limits);
  MakeRequests(limits);
}

void EmbeddingPlan::TakeApart(std::span<const std::string_view> texts, const Limits& limits) {
  for (size_t i = 0; i < texts.size(); ++i) {
    Text& text = texts_[i];
    text.first_piece = pieces_.size();
    if (texts[i].size() > limits.text_bytes) {
      text.failure = TooLong(texts[i].size(), limits.text_bytes);
    } else if (!IsBlank(texts[i])) {
      for (const std::string_view piece : SplitLongText(texts[i], limits.piece_bytes)) pieces_.push_back({piece, 0});
    }
    text.pieces = pieces_.size() - text.first_piece;
  }
}

// The texts of a request lie side by side. Blank ones belong to the request before them, and to one without pieces
// where there is none.
void EmbeddingPlan::MakeRequests(const Limits& limits) {
  size_t bytes = 0;
  for (size_t i = 0; i < texts_.size(); ++i) {
    Text& text = texts_[i];
    if (requests_.empty()) requests_.emplace_back();
    const auto join = [&] {
      Request& last = requests_.back();
      if (last.end_text == i + 1) return;
      last.end_text = i + 1;
      ++text.open;
    };
    if (text.pieces == 0) join();
    for (size_t p = text.first_piece; p < text.first_piece + text.pieces; ++p) {
      const Request& last = requests_.back();
      if (last.pieces > 0 && (last.pieces >= limits.request_texts || bytes >= limits.request_bytes)) {
        requests_.push_back({p, 0, i, i, {}});
        bytes = 0;
      }
      join();
      pieces_[p].request = requests_.size() - 1;
      ++requests_.back().pieces;
      bytes += pieces_[p].text.size();
    }
  }
}

std::vector<std::string_view> EmbeddingPlan::Pieces(size_t request) const {
  const Request& of = requests_[request];
  std::vector<std::string_view> pieces;
  pieces.reserve(of.pieces);
  for (size_t p = of.first_piece; p < of.first_piece + of.pieces; ++p) pieces.push_back(pieces_[p].text);
  return pieces;
}

bool EmbeddingPlan::IsOfUse(size_t request) const {
  const Request& of = requests_[request];
  return std::any_of(texts_.begin() + static_cast<std::ptrdiff_t>(of.first_text),
                     texts_.begin() + static_cast<std::ptrdiff_t>(of.end_text),
                     [](const Text& text) { return text.failure == nullptr; });
}

void EmbeddingPlan::MakeVector(size_t index) {
  const Text& text = texts_[index];
  const size_t dimension = output_.dimension;
  float* vector = output_.vectors + index * dimension;
  float weights = 0;
  for (size_t p = text.first_piece; p < text.first_piece + text.pieces; ++p) {
    const Request& request = requests_[pieces_[p].request];
    const float* from = request.vectors.data() + (p - request.first_piece) * dimension;
    if (text.pieces == 1) {
      std::copy(from, from + dimension, vector);
      return;
    }
    const auto weight = static_cast<float>(pieces_[p].text.size());
    for (size_t d = 0; d < dimension; ++d) vector[d] += weight * from[d];
    weights += weight;
  }
  if (text.pieces == 0) return;
  double squared = 0;
  for (size_t d = 0; d < dimension; ++d) {
    vector[d] /= weights;
    squared += double{vector[d]} * vector[d];
  }
  if (!output_.normalised || squared == 0) return;
  const auto scale = static_cast<float>(1 / std::sqrt(squared));
  for (size_t d = 0; d < dimension; ++d) vector[d] *= scale;
}

bool EmbeddingPlan::Report(size_t begin, size_t end, const EmbedSink& sink) {
  const auto settled = [&](size_t i) { return texts_[i].open == 0 && !texts_[i].reported; };
  for (size_t from = begin; from < end;) {
    if (!settled(from)) {
      ++from;
      continue;
    }
    size_t to = from + 1;
    while (to < end && settled(to) && texts_[to].failure == texts_[from].failure) ++to;
    for (size_t i = from; i < to; ++i) {
      texts_[i].reported = true;
      if (texts_[i].failure == nullptr) MakeVector(i);
    }
    if (!sink(from, to, texts_[from].failure.get())) return false;
    from = to;
  }
  return true;
}

bool EmbeddingPlan::ReportRefused(const EmbedSink& sink) {
  for (size_t i = 0; i < texts_.size(); ++i) {
    if (texts_[i].failure == nullptr || texts_[i].reported) continue;
    texts_[i].reported = true;
    if (!sink(i, i + 1, texts_[i].failure.get())) return false;
  }
  return true;
}

bool EmbeddingPlan::Answer(size_t request, std::vector<float> vectors, const EmbedSink& sink) {
  Request& of = requests_[request];
  REM_CHECK(vectors.size() == of.pieces * output_.dimension);
  of.vectors = std::move(vectors);
  bool shared = false;
  for (size_t i = of.first_text; i < of.end_text; ++i) shared |= --texts_[i].open > 0;
  const bool more = Report(of.first_text, of.end_text, sink);
  // A text of several requests needs the vectors of all of them.
  if (!shared) std::vector<float>().swap(of.vectors);
  return more;
}

bool EmbeddingPlan::Fail(size_t request, const EmbeddingFailure& failure, const EmbedSink& sink) {
  const Request& of = requests_[request];
  const auto shared = std::make_shared<EmbeddingFailure>(failure);
  for (size_t i = of.first_text; i < of.end_text; ++i) {
    --texts_[i].open;
    // A blank one needs nobody.
    if (texts_[i].failure == nullptr && texts_[i].pieces > 0) texts_[i].failure = shared;
  }
  return Report(of.first_text, of.end_text, sink);
}

}  // namespace rem
