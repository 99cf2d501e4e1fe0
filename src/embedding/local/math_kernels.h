#pragma once

#include <cstddef>
#include <span>

namespace rem {

/// Rows of A times one panel of a packed matrix.
struct PanelProduct {
  const float* a;  ///< rows * depth, a row every a_stride floats.
  size_t a_stride;
  size_t rows;
  size_t depth;
  const float* panel;  ///< depth * MathKernels::panel floats; see PackedMatrix.
  /// One float for each column that the sums begin with, or nullptr for 0. Ignored where `add` is set.
  const float* start;
  bool add;  ///< The sums begin with what is in c.
  float* c;  ///< rows * columns, a row every c_stride floats.
  size_t c_stride;
  size_t columns;  ///< At most the panel's width; what the panel has beyond is not written.
};

/// The arithmetic of a transformer for one instruction set. A sum's order depends on its length alone, so a row has the
/// same bits whatever other rows are computed with it.
struct MathKernels {
  const char* name;
  /// Columns of a panel.
  size_t panel;
  void (*multiply)(const PanelProduct& product);
  /// row = softmax(row * scale + bias); `bias` may be nullptr.
  void (*softmax)(float* row, size_t size, float scale, const float* bias);
  /// row = (row - mean) / sqrt(variance + epsilon) * gain + shift (Ba et al., "Layer Normalization", 2016).
  void (*layer_norm)(float* row, size_t size, const float* gain, const float* shift, float epsilon);
  /// to += from
  void (*add)(float* to, const float* from, size_t size);
  /// x * (1 + erf(x / sqrt(2))) / 2, erf as in Abramowitz and Stegun 7.1.26, which is exact to 1.5e-7 (Hendrycks and
  /// Gimpel, "Gaussian Error Linear Units", 2016).
  void (*gelu)(float* row, size_t size);
  /// The same with the tanh that some models were trained with.
  void (*gelu_tanh)(float* row, size_t size);
  void (*relu)(float* row, size_t size);
  /// row *= gate / (1 + exp(-gate)) (Shazeer, "GLU Variants Improve Transformer", 2020).
  void (*swish_gate)(float* row, const float* gate, size_t size);
};

/// The fastest ones that this processor runs.
const MathKernels& BestMathKernels();
/// All that it runs, the portable ones first.
std::span<const MathKernels* const> RunnableMathKernels();

const MathKernels& PortableMathKernels();
#if defined(__x86_64__)
const MathKernels& Avx2MathKernels();
const MathKernels& Avx512MathKernels();
#endif

}  // namespace rem
