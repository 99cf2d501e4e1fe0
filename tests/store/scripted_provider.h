#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "base/hash.h"
#include "embedding/provider.h"

namespace rem {

/// A provider of tests that does not embed inline, and does what it is told: refuses texts with "refuse", fails for
/// texts with "fail", is unavailable, or holds every call until it is let go.
class ScriptedProvider final : public EmbeddingProvider {
 public:
  static constexpr uint32_t kDimension = 4;

  /// The one of this process, as it is at first.
  static ScriptedProvider& Fresh() {
    static ScriptedProvider* provider = [] {
      auto* made = new ScriptedProvider;
      RegisterProvider(made);
      return made;
    }();
    std::lock_guard lock(provider->mutex_);
    provider->unavailable_ = provider->held_ = false;
    provider->failures_left_ = 0;
    provider->calls_ = 0;
    provider->embedded_.clear();
    provider->changed_.notify_all();
    return *provider;
  }

  std::string_view name() const override { return "scripted"; }
  uint32_t dimension() const override { return kDimension; }
  bool normalised() const override { return false; }
  std::string_view description() const override { return "of tests"; }
  bool inline_on_insert() const override { return false; }
  size_t batch_texts() const override { return 8; }
  void Embed(std::span<const std::string_view> texts, float* out) const override { EmbedFor(texts, {}, out); }
  void EmbedFor(std::span<const std::string_view> texts, const EmbedOptions& options, float* out) const override {
    using Kind = EmbeddingFailure::Kind;
    std::unique_lock lock(mutex_);
    ++calls_;
    waiting_ = true;
    changed_.notify_all();
    while (held_) {
      if (options.cancelled != nullptr && *options.cancelled) throw Error(ErrorCode::kCancelled, "cancelled");
      changed_.wait_for(lock, std::chrono::milliseconds(5));
    }
    waiting_ = false;
    if (unavailable_) throw EmbeddingFailure(Kind::kUnavailable, Error(ErrorCode::kIo, "nobody answers"));
    for (std::string_view text : texts) {
      if (text.find("refuse") != text.npos)
        throw EmbeddingFailure(Kind::kRefused, Error(ErrorCode::kInvalidArgument, "a text is refused"));
      if (text.find("fail") != text.npos) throw EmbeddingFailure(Kind::kFailed, Error(ErrorCode::kIo, "a text fails"));
      if (text.find("once") == text.npos || failures_left_ == 0) continue;
      --failures_left_;
      throw EmbeddingFailure(Kind::kFailed, Error(ErrorCode::kIo, "a text fails now and then"));
    }
    for (size_t i = 0; i < texts.size(); ++i) {
      const VectorValue vector = VectorOf(texts[i]);
      std::copy(vector.begin(), vector.end(), out + i * kDimension);
      ++embedded_[std::string(texts[i])];
    }
  }

  static VectorValue VectorOf(std::string_view text) {
    const uint64_t hash = Hash64(text);
    VectorValue vector;
    for (uint32_t d = 0; d < kDimension; ++d) vector.push_back(static_cast<float>((hash >> (16 * d)) & 0xFF) + 1);
    return vector;
  }

  void SetUnavailable(bool unavailable) {
    std::lock_guard lock(mutex_);
    unavailable_ = unavailable;
  }
  void FailTimes(int times) {
    std::lock_guard lock(mutex_);
    failures_left_ = times;
  }
  void Hold(bool held) {
    std::lock_guard lock(mutex_);
    held_ = held;
    changed_.notify_all();
  }
  /// Until a held call is there.
  void AwaitCall() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_; });
  }
  int calls() const {
    std::lock_guard lock(mutex_);
    return calls_;
  }
  /// How often this text was embedded.
  int Embedded(const std::string& text) const {
    std::lock_guard lock(mutex_);
    const auto found = embedded_.find(text);
    return found == embedded_.end() ? 0 : found->second;
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  mutable bool waiting_ = false;
  mutable int calls_ = 0;
  mutable int failures_left_ = 0;
  mutable std::map<std::string, int> embedded_;
  bool unavailable_ = false;
  bool held_ = false;
};

}  // namespace rem
