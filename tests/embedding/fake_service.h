#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include <rem/document.h>

#include "embedding/http_test_server.h"

namespace rem {

/// An embedding service that answers requests side by side. The vector of a text is (its length, its first byte). A
/// text with "refuse" is answered with HTTP 400; what else goes wrong, and how long it takes, a test says.
class FakeService {
 public:
  /// What to answer to the n-th request (from 0) instead of vectors; empty for these. It may wait.
  using Trouble = std::function<std::string(size_t number, const DocumentView& texts)>;

  explicit FakeService(Trouble trouble = {})
      : trouble_(std::move(trouble)),
        server_([this](const HttpTestServer::Request& request) { return Answer(request); }, true) {}

  /// The name of a provider of dimension 2.
  std::string Provider(const std::string& model) const {
    return "openai-compatible:" + server_.address() + "/v1#" + model + "@2";
  }
  static std::vector<float> VectorOf(std::string_view text) {
    return {static_cast<float>(text.size()), static_cast<float>(static_cast<unsigned char>(text[0]))};
  }

  /// Until so many requests are there at once; false after ten seconds.
  bool AwaitTogether(size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return most_together_ >= count; });
  }
  size_t requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  size_t most_together() const {
    const std::lock_guard lock(mutex_);
    return most_together_;
  }
  /// How often vectors of this text were sent.
  size_t Answered(const std::string& text) const {
    const std::lock_guard lock(mutex_);
    const auto found = answered_.find(text);
    return found == answered_.end() ? 0 : found->second;
  }

 private:
  std::string Answer(const HttpTestServer::Request& request) {
    size_t number = 0;
    {
      const std::lock_guard lock(mutex_);
      number = requests_++;
      most_together_ = std::max(most_together_, ++together_);
      changed_.notify_all();
    }
    const Document body = Document::FromJson(request.body);
    const DocumentView texts = *body.view().Find("input");
    std::string answer = trouble_ ? trouble_(number, texts) : "";
    if (answer.empty()) answer = Vectors(texts);
    const std::lock_guard lock(mutex_);
    --together_;
    return answer;
  }

  std::string Vectors(const DocumentView& texts) {
    std::string data;
    for (size_t i = 0; i < texts.size(); ++i) {
      const std::string text(texts.At(i).AsText());
      if (text.find("refuse") != text.npos)
        return HttpTestServer::Response(400, R"({"error": {"message": "it is refused"}})");
      const std::vector<float> vector = VectorOf(text);
      data += (i == 0 ? "" : ",") +
              ("{\"embedding\": [" + std::to_string(vector[0]) + "," + std::to_string(vector[1])) + "]}";
    }
    const std::lock_guard lock(mutex_);
    for (size_t i = 0; i < texts.size(); ++i) ++answered_[std::string(texts.At(i).AsText())];
    return HttpTestServer::Response(200, "{\"data\": [" + data + "]}");
  }

  const Trouble trouble_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  size_t requests_ = 0, together_ = 0, most_together_ = 0;
  std::map<std::string, size_t> answered_;
  HttpTestServer server_;
};

}  // namespace rem
