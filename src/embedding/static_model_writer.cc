#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>

#include <rem/error.h>

#include "base/hash.h"
#include "embedding/static_model.h"
#include "embedding/static_model_format.h"

namespace rem {

namespace {

void CheckParts(const StaticModelParts& parts) {
  const auto refuse = [](std::string message) {
    throw Error(ErrorCode::kInvalidArgument, std::move(message), "give the parts of one model");
  };
  if (parts.name.empty() || parts.name.size() >= sizeof(StaticModelHeader::name)) refuse("A model needs a short name");
  if (parts.dimension == 0 || parts.dimension > StaticModel::kMaxDimension || parts.dimension % 16 != 0) {
    refuse(fmt::format("A model of dimension {}", parts.dimension));
  }
  if (parts.rows.size() != parts.tokens.size() * parts.dimension) {
    refuse(fmt::format("{} tokens, but {} numbers", parts.tokens.size(), parts.rows.size()));
  }
  for (const float x : parts.rows) {
    if (!std::isfinite(x)) refuse("A row is not finite");
  }
}

constexpr int kLevels = 127;

float QuantisationStep(std::span<const float> row) {
  float largest = 0;
  for (const float x : row) largest = std::max(largest, std::abs(x));
  return largest / kLevels;
}

void QuantiseRow(std::span<const float> row, float step, char* out) {
  for (size_t d = 0; d < row.size() && step > 0; ++d) {
    out[d] = static_cast<char>(std::clamp(static_cast<int>(std::lround(row[d] / step)), -kLevels, kLevels));
  }
}

}  // namespace

std::string EncodeStaticModel(const StaticModelParts& parts) {
  CheckParts(parts);
  const std::vector<uint64_t> slots = Vocabulary::MakeSlots(parts.tokens);
  std::vector<float> steps;
  for (size_t i = 0; i < parts.tokens.size(); ++i) {
    steps.push_back(QuantisationStep({parts.rows.data() + i * parts.dimension, parts.dimension}));
  }
  const float largest = std::max(*std::max_element(steps.begin(), steps.end()), 1e-30f);
  const float unit = largest / static_cast<float>(kMaxRowWeight);

  StaticModelHeader header{};
  std::memcpy(header.magic, kModelMagic, sizeof(kModelMagic));
  header.format = StaticModel::kFormat;
  header.version = parts.version;
  header.dimension = parts.dimension;
  header.bits = 8;
  header.tokens = static_cast<uint32_t>(parts.tokens.size());
  header.slots = static_cast<uint32_t>(slots.size());
  header.rare_word_element =
      static_cast<int32_t>(std::lround(parts.rare_word_length / std::sqrt(static_cast<float>(parts.dimension)) / unit));
  for (const std::string& token : parts.tokens) header.token_text_bytes += static_cast<uint32_t>(token.size());
  std::memcpy(header.name, parts.name.data(), parts.name.size());
  const StaticModelSections at(header);
  header.file_bytes = at.end;

  std::string bytes(at.end, '\0');
  std::memcpy(bytes.data() + at.slots, slots.data(), slots.size() * sizeof(uint64_t));
  uint32_t text_end = 0;
  for (size_t i = 0; i < parts.tokens.size(); ++i) {
    const auto weight = static_cast<uint16_t>(std::lround(steps[i] / unit));
    std::memcpy(bytes.data() + at.row_weights + i * sizeof(weight), &weight, sizeof(weight));
    QuantiseRow({parts.rows.data() + i * parts.dimension, parts.dimension}, steps[i],
                bytes.data() + at.rows + i * parts.dimension);
    std::memcpy(bytes.data() + at.token_text + text_end, parts.tokens[i].data(), parts.tokens[i].size());
    text_end += static_cast<uint32_t>(parts.tokens[i].size());
    std::memcpy(bytes.data() + at.token_ends + i * sizeof(text_end), &text_end, sizeof(text_end));
  }
  header.checksum = Hash64(std::string_view(bytes).substr(sizeof(header)));
  std::memcpy(bytes.data(), &header, sizeof(header));
  header.header_checksum = Hash64({bytes.data(), offsetof(StaticModelHeader, header_checksum)});
  std::memcpy(bytes.data(), &header, sizeof(header));
  return bytes;
}

}  // namespace rem
