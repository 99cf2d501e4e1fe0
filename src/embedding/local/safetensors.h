#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rem {

enum class TensorType : uint8_t { kFloat32, kFloat16, kBfloat16, kOther };

/// An array of numbers in a file. Valid as long as its file.
struct Tensor {
  TensorType type = TensorType::kOther;
  std::vector<uint64_t> shape;
  std::string_view bytes;
  /// Floats `begin` to `begin` + `count` - 1 of the array in row-major order, which must be there.
  void Read(size_t begin, size_t count, float* out) const;
};

/// A file of weights in the safetensors format (Hugging Face): eight bytes with the length of a JSON header, the header
/// with name, type, shape and place of each tensor, then the tensors. Mapped into memory. Immutable and thread-safe.
class SafetensorsFile {
 public:
  static constexpr uint64_t kMaxHeaderBytes = 16u << 20;

  /// Maps the file and checks that every tensor lies inside it and has as many bytes as its shape says. Errors:
  /// kNotFound, kIo, kCorruption.
  static SafetensorsFile Open(const std::string& path);

  const std::string& path() const { return path_; }
  size_t size() const { return tensors_.size(); }
  /// nullptr where there is none.
  const Tensor* Find(std::string_view name) const;
  /// The tensor of float numbers that must be there with this shape. Error(kCorruption) that names the tensor
  /// otherwise; Error(kNotSupported) for numbers of another type.
  const Tensor& Require(std::string_view name, std::span<const uint64_t> shape) const;

 private:
  class Mapping;
  SafetensorsFile() = default;
  void ReadHeader(std::string_view header, std::string_view data);

  std::string path_;
  std::shared_ptr<const Mapping> mapping_;
  std::map<std::string, Tensor, std::less<>> tensors_;
};

}  // namespace rem
