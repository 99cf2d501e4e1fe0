#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "embedding/provider.h"
#include "embedding/static_model.h"

namespace rem {

/// The static model that comes with REM DB. Its file is mapped at the first use. docs/embeddings.md says how it works,
/// docs/models/builtin-1.md what it was trained on and how good it is.
class BuiltinProvider : public EmbeddingProvider {
 public:
  static constexpr uint32_t kVersion = 1;
  static constexpr uint32_t kDimension = 256;

  std::string_view name() const override { return "builtin"; }
  std::string_view identity() const override { return "builtin-1"; }
  uint32_t dimension() const override { return kDimension; }
  bool normalised() const override { return true; }
  std::string_view description() const override;
  size_t batch_texts() const override { return 512; }
  void Embed(std::span<const std::string_view> texts, float* out) const override;

  /// Loads the file if that has not been done. Errors of StaticModel::Open and FindModelFile; Error(kFormatVersion) for
  /// the file of another version.
  const StaticModel& model() const;

 private:
  mutable std::mutex loading_;
  mutable std::unique_ptr<const StaticModel> owned_;
  mutable std::atomic<const StaticModel*> model_{nullptr};
};

}  // namespace rem
