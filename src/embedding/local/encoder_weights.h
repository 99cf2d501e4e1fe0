#pragma once

#include "embedding/local/encoder.h"

namespace rem {

/// Finds an encoder's tensors under the names that its family's publishers use.
class Encoder::WeightReader {
 public:
  WeightReader(Encoder& encoder, const MathKernels& kernels);
  void Read();

 private:
  struct Names;
  const Names& names() const;
  std::string LayerName(size_t layer, std::string_view part) const;
  Norm ReadNorm(const std::string& name) const;
  void ReadEmbeddings();
  void ReadLayer(size_t number, Layer& layer);
  /// Layers side by side in one matrix: [names.size() * rows, columns].
  Linear ReadLinear(std::span<const std::string> names, uint64_t rows, uint64_t columns, bool bias) const;
  void ReadDistances();

  Encoder& encoder_;
  const EncoderShape& shape_;
  const SafetensorsFile& file_;
  const MathKernels& kernels_;
  /// What some publishers write before every name.
  std::string prefix_;
};

}  // namespace rem
