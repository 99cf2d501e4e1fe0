#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "embedding/provider.h"

namespace rem {

/// The texts of one call, in the pieces that a service reads, in requests; and the texts' vectors, made of what comes
/// back in any order. A text has the same vector whatever the order is.
class EmbeddingPlan {
 public:
  struct Limits {
    size_t text_bytes;   ///< A longer text is refused.
    size_t piece_bytes;  ///< A longer text is embedded in pieces; its vector is their mean, weighted by length.
    size_t request_bytes;
    size_t request_texts;
  };
  struct Output {
    uint32_t dimension;
    bool normalised;  ///< Means have length 1.
    float* vectors;   ///< A row for each text; zeros at first.
  };
  /// What `texts` points to outlives it. Blank texts keep their zeros and are in no request.
  EmbeddingPlan(std::span<const std::string_view> texts, const Limits& limits, const Output& output);

  size_t requests() const { return requests_.size(); }
  /// The pieces of a request; none where nothing has to be sent.
  std::vector<std::string_view> Pieces(size_t request) const;
  /// Whether some text may still get its vector by this request.
  bool IsOfUse(size_t request) const;

  /// Each tells the sink of the texts that are settled by it; false where the sink wants no more.
  bool ReportRefused(const EmbedSink& sink);
  bool Answer(size_t request, std::vector<float> vectors, const EmbedSink& sink);
  bool Fail(size_t request, const EmbeddingFailure& failure, const EmbedSink& sink);

 private:
  struct Text {
    size_t first_piece = 0, pieces = 0;
    size_t open = 0;  ///< Requests that it still waits for.
    bool reported = false;
    std::shared_ptr<const EmbeddingFailure> failure;
  };
  struct Piece {
    std::string_view text;
    size_t request = 0;
  };
  struct Request {
    size_t first_piece = 0, pieces = 0;
    size_t first_text = 0, end_text = 0;
    std::vector<float> vectors;
  };

  void TakeApart(std::span<const std::string_view> texts, const Limits& limits);
  void MakeRequests(const Limits& limits);
  void MakeVector(size_t text);
  bool Report(size_t begin, size_t end, const EmbedSink& sink);

  const Output output_;
  std::vector<Text> texts_;
  std::vector<Piece> pieces_;
  std::vector<Request> requests_;
};

}  // namespace rem
