#include "embedding/service/service_api.h"

#include <cmath>
#include <optional>

#include <fmt/format.h>

#include <rem/document.h>

#include "base/utf8.h"
#include "embedding/service/http_client.h"

namespace rem {

namespace {

constexpr size_t kMaxErrorBytes = 200;

DocumentLimits Limits() {
  DocumentLimits limits;
  limits.max_bytes = HttpClient::kMaxAnswerBytes;
  return limits;
}

[[noreturn]] void ThrowBadAnswer(ErrorCode code, std::string message) {
  throw EmbeddingFailure(EmbeddingFailure::Kind::kFailed,
                         Error(code, std::move(message), "check that the address is one of an embedding service"));
}

std::optional<DocumentView> Member(const DocumentView& object, std::string_view name, NodeKind kind) {
  if (object.kind() != NodeKind::kObject) return std::nullopt;
  const auto found = object.Find(name);
  return found && found->kind() == kind ? found : std::nullopt;
}

/// Takes the vectors of one answer, in any order.
class VectorSink {
 public:
  VectorSink(size_t texts, uint32_t dimension) : texts_(texts), dimension_(dimension), seen_(texts, false) {}

  void Put(uint64_t index, const DocumentView& numbers) {
    if (index >= texts_ || seen_[index])
      ThrowBadAnswer(ErrorCode::kIo, fmt::format("The service numbered its vectors wrongly: {}", index));
    if (dimension_ == 0) dimension_ = static_cast<uint32_t>(numbers.size());
    if (numbers.size() != dimension_ || dimension_ == 0) {
      ThrowBadAnswer(
          ErrorCode::kDimensionMismatch,
          fmt::format("The service made a vector of dimension {} where {} was expected", numbers.size(), dimension_));
    }
    vectors_.resize(texts_ * dimension_);
    for (size_t d = 0; d < dimension_; ++d) {
      const DocumentView number = numbers.At(d);
      const float value = number.IsNumber() ? static_cast<float>(number.AsDouble()) : NAN;
      if (!std::isfinite(value)) ThrowBadAnswer(ErrorCode::kIo, "The service made a vector that holds no number");
      vectors_[index * dimension_ + d] = value;
    }
    seen_[index] = true;
    ++count_;
  }

  std::vector<float> Finish() {
    if (count_ != texts_)
      ThrowBadAnswer(ErrorCode::kIo, fmt::format("The service made {} vectors of {} texts", count_, texts_));
    return std::move(vectors_);
  }

 private:
  const size_t texts_;
  uint32_t dimension_;
  std::vector<bool> seen_;
  std::vector<float> vectors_;
  size_t count_ = 0;
};

void ReadOpenAi(const DocumentView& root, size_t texts, VectorSink& sink) {
  const auto data = Member(root, "data", NodeKind::kArray);
  if (!data) ThrowBadAnswer(ErrorCode::kIo, "The service's answer has no member \"data\"");
  if (data->size() != texts)
    ThrowBadAnswer(ErrorCode::kIo, fmt::format("The service made {} vectors of {} texts", data->size(), texts));
  for (size_t i = 0; i < data->size(); ++i) {
    const auto index = Member(data->At(i), "index", NodeKind::kInt);
    const auto vector = Member(data->At(i), "embedding", NodeKind::kArray);
    if (!vector) ThrowBadAnswer(ErrorCode::kIo, "The service's answer has an element without \"embedding\"");
    sink.Put(index ? static_cast<uint64_t>(index->AsInt()) : i, *vector);
  }
}

void ReadCohere(const DocumentView& root, size_t texts, VectorSink& sink) {
  const auto embeddings = Member(root, "embeddings", NodeKind::kObject);
  const auto vectors = embeddings ? Member(*embeddings, "float", NodeKind::kArray) : std::nullopt;
  if (!vectors) ThrowBadAnswer(ErrorCode::kIo, "The service's answer has no member \"embeddings.float\"");
  if (vectors->size() != texts)
    ThrowBadAnswer(ErrorCode::kIo, fmt::format("The service made {} vectors of {} texts", vectors->size(), texts));
  for (size_t i = 0; i < vectors->size(); ++i) {
    if (vectors->At(i).kind() != NodeKind::kArray)
      ThrowBadAnswer(ErrorCode::kIo, "The service's answer has a vector that is no array");
    sink.Put(i, vectors->At(i));
  }
}

}  // namespace

std::string_view EmbeddingPath(ServiceProtocol protocol) {
  return protocol == ServiceProtocol::kOpenAi ? "/embeddings" : "/embed";
}

std::string EmbeddingBody(ServiceProtocol protocol, const std::string& model, std::span<const std::string_view> texts,
                          TextUse use) {
  DocumentBuilder out(Limits());
  const auto member = [&](std::string_view name, std::string_view value) {
    out.Key(name);
    out.Text(value);
  };
  out.BeginObject();
  member("model", model);
  if (protocol == ServiceProtocol::kCohere) {
    member("input_type", use == TextUse::kQuery ? "search_query" : "search_document");
    member("truncate", "NONE");
    out.Key("embedding_types");
    out.BeginArray();
    out.Text("float");
    out.EndArray();
  } else {
    member("encoding_format", "float");
  }
  out.Key(protocol == ServiceProtocol::kCohere ? "texts" : "input");
  out.BeginArray();
  for (const std::string_view text : texts) out.Text(text);
  out.EndArray();
  out.EndObject();
  return out.Finish().ToJson();
}

std::vector<float> ReadVectors(ServiceProtocol protocol, std::string_view body, size_t texts, uint32_t dimension) {
  Document answer;
  try {
    answer = Document::FromJson(body, Limits());
  } catch (const Error& error) {
    ThrowBadAnswer(ErrorCode::kIo, fmt::format("The service's answer is no JSON: {}", error.message()));
  }
  VectorSink sink(texts, dimension);
  if (protocol == ServiceProtocol::kOpenAi) {
    ReadOpenAi(answer, texts, sink);
  } else {
    ReadCohere(answer, texts, sink);
  }
  return sink.Finish();
}

std::string ReadServiceError(std::string_view body) {
  std::string message;
  try {
    const Document answer = Document::FromJson(body);
    const DocumentView root = answer;
    const auto error = Member(root, "error", NodeKind::kObject);
    auto text = Member(error ? *error : root, "message", NodeKind::kText);
    if (!text) text = Member(root, "error", NodeKind::kText);
    if (text) message = text->AsText();
  } catch (const Error&) {
    return {};
  }
  for (char& c : message) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return std::string(Utf8Prefix(message, kMaxErrorBytes));
}

}  // namespace rem
