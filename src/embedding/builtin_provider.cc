#include "embedding/builtin_provider.h"

#include <fmt/format.h>

#include <rem/error.h>

#include "embedding/model_file.h"

namespace rem {

std::string_view BuiltinProvider::description() const {
  return "Built in: a static model of English words and word parts, learned from open texts; knows related words, not "
         "word order.";
}

const StaticModel& BuiltinProvider::model() const {
  if (const StaticModel* model = model_.load(std::memory_order_acquire)) return *model;
  const std::lock_guard lock(loading_);
  if (owned_ == nullptr) {
    const std::string path = FindModelFile(fmt::format("{}.model", identity()));
    StaticModel model = StaticModel::Open(path);
    if (model.name() != name() || model.version() != kVersion || model.dimension() != kDimension) {
      throw Error(ErrorCode::kFormatVersion,
                  fmt::format("Model file \"{}\" holds \"{}\" version {} of dimension {}", path, model.name(),
                              model.version(), model.dimension()),
                  fmt::format("put the file of \"{}\" of dimension {} there", identity(), kDimension));
    }
    owned_ = std::make_unique<const StaticModel>(std::move(model));
    model_.store(owned_.get(), std::memory_order_release);
  }
  return *owned_;
}

void BuiltinProvider::Embed(std::span<const std::string_view> texts, float* out) const {
  const StaticModel& loaded = model();
  thread_local StaticModel::Scratch scratch;
  for (size_t i = 0; i < texts.size(); ++i) loaded.Embed(texts[i], scratch, out + i * kDimension);
}

}  // namespace rem
