#include "embedding/local/safetensors.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <bit>
#include <cerrno>
#include <cstring>

#include <rem/document.h>
#include <rem/error.h>

#include "base/nearest.h"

namespace rem {

static_assert(std::endian::native == std::endian::little, "the format is little-endian and read in place");

/// The mapped bytes.
class SafetensorsFile::Mapping {
 public:
  explicit Mapping(const std::string& path) {
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) throw Failure(path, "open", errno);
    struct stat status {};
    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
      close(file);
      throw Error(ErrorCode::kIo, fmt::format("\"{}\" is not a file", path), "put the model's weights there");
    }
    size_ = static_cast<size_t>(status.st_size);
    if (size_ > 0) data_ = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file, 0);
    const int reason = errno;
    close(file);
    if (data_ == MAP_FAILED) throw Failure(path, "map", reason);
  }
  ~Mapping() {
    if (size_ > 0) munmap(data_, size_);
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  std::string_view bytes() const { return {static_cast<const char*>(data_), size_}; }

 private:
  static Error Failure(const std::string& path, std::string_view what, int reason) {
    const bool missing = reason == ENOENT || reason == ENOTDIR;
    return Error(missing ? ErrorCode::kNotFound : ErrorCode::kIo,
                 fmt::format("Cannot {} the weights \"{}\": {}", what, path, std::strerror(reason)),
                 "add the model again with rem-db model add");
  }
  void* data_ = nullptr;
  size_t size_ = 0;
};

namespace {

Error Damaged(const std::string& path, std::string_view what) {
  return Error(ErrorCode::kCorruption, fmt::format("The weights \"{}\" are damaged: {}", path, what),
               "fetch the file again and add the model again with rem-db model add");
}

TensorType TypeOf(std::string_view name) {
  if (name == "F32") return TensorType::kFloat32;
  if (name == "F16") return TensorType::kFloat16;
  if (name == "BF16") return TensorType::kBfloat16;
  return TensorType::kOther;
}

uint64_t BytesOfElement(std::string_view type) {
  if (type == "F64" || type == "I64" || type == "U64") return 8;
  if (type == "F32" || type == "I32" || type == "U32") return 4;
  if (type == "F16" || type == "BF16" || type == "I16" || type == "U16") return 2;
  if (type == "I8" || type == "U8" || type == "BOOL" || type == "F8_E4M3" || type == "F8_E5M2") return 1;
  return 0;
}

// IEEE 754 binary16; its subnormal numbers are whole multiples of 2^-24.
float FromHalf(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000) << 16;
  const uint32_t exponent = (half >> 10) & 0x1f, fraction = half & 0x3ff;
  if (exponent == 0) {
    const float size = static_cast<float>(fraction) * 0x1p-24F;
    return sign != 0 ? -size : size;
  }
  const uint32_t wide = exponent == 31 ? 255 : exponent + 112;
  return std::bit_cast<float>(sign | wide << 23 | fraction << 13);
}

uint64_t Whole(const DocumentView& node, const std::string& path) {
  if (node.kind() != NodeKind::kInt || node.AsInt() < 0) throw Damaged(path, "its header holds a size that is none");
  return static_cast<uint64_t>(node.AsInt());
}

DocumentView Member(const DocumentView& tensor, std::string_view key, NodeKind kind, const std::string& path) {
  const auto found = tensor.Find(key);
  if (!found || found->kind() != kind) throw Damaged(path, fmt::format("a tensor of its header lacks \"{}\"", key));
  return *found;
}

}  // namespace

void Tensor::Read(size_t begin, size_t count, float* out) const {
  if (type == TensorType::kFloat32) {
    std::memcpy(out, bytes.data() + begin * sizeof(float), count * sizeof(float));
    return;
  }
  const char* from = bytes.data() + begin * sizeof(uint16_t);
  for (size_t i = 0; i < count; ++i, from += sizeof(uint16_t)) {
    uint16_t half;
    std::memcpy(&half, from, sizeof(half));
    out[i] = type == TensorType::kFloat16 ? FromHalf(half) : std::bit_cast<float>(uint32_t{half} << 16);
  }
}

SafetensorsFile SafetensorsFile::Open(const std::string& path) {
  SafetensorsFile file;
  file.path_ = path;
  file.mapping_ = std::make_shared<const Mapping>(path);
  const std::string_view bytes = file.mapping_->bytes();
  uint64_t header_bytes = 0;
  if (bytes.size() < sizeof(header_bytes)) throw Damaged(path, "it is too short for a header");
  std::memcpy(&header_bytes, bytes.data(), sizeof(header_bytes));
  if (header_bytes > kMaxHeaderBytes || header_bytes > bytes.size() - sizeof(header_bytes)) {
    throw Damaged(path, fmt::format("its header would have {} bytes", header_bytes));
  }
  file.ReadHeader(bytes.substr(sizeof(header_bytes), header_bytes), bytes.substr(sizeof(header_bytes) + header_bytes));
  return file;
}

void SafetensorsFile::ReadHeader(std::string_view header, std::string_view data) {
  Document parsed;
  try {
    parsed = Document::FromJson(header, {.max_bytes = kMaxHeaderBytes, .max_depth = 8});
  } catch (const Error& error) {
    throw Damaged(path_, fmt::format("its header is not valid JSON ({})", error.message()));
  }
  const DocumentView root = parsed.view();
  if (root.kind() != NodeKind::kObject) throw Damaged(path_, "its header is no JSON object");
  for (size_t i = 0; i < root.size(); ++i) {
    const std::string_view name = root.KeyAt(i);
    if (name == "__metadata__") continue;
    const DocumentView entry = root.ValueAt(i);
    const std::string_view type = Member(entry, "dtype", NodeKind::kText, path_).AsText();
    const DocumentView shape = Member(entry, "shape", NodeKind::kArray, path_);
    const DocumentView place = Member(entry, "data_offsets", NodeKind::kArray, path_);
    if (place.size() != 2) throw Damaged(path_, fmt::format("tensor \"{}\" has no begin and end", name));
    const uint64_t begin = Whole(place.At(0), path_), end = Whole(place.At(1), path_);
    if (begin > end || end > data.size()) {
      throw Damaged(path_, fmt::format("tensor \"{}\" lies at bytes {} to {} of {}", name, begin, end, data.size()));
    }
    Tensor tensor{TypeOf(type), {}, data.substr(begin, end - begin)};
    uint64_t expected = BytesOfElement(type);
    const bool known = expected != 0;
    for (size_t d = 0; d < shape.size(); ++d) {
      tensor.shape.push_back(Whole(shape.At(d), path_));
      if (__builtin_mul_overflow(expected, tensor.shape.back(), &expected)) expected = UINT64_MAX;
    }
    if (known && expected != end - begin) {
      throw Damaged(path_, fmt::format("tensor \"{}\" of shape [{}] has {} bytes", name, fmt::join(tensor.shape, ", "),
                                       end - begin));
    }
    tensors_.emplace(name, std::move(tensor));
  }
}

const Tensor* SafetensorsFile::Find(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

const Tensor& SafetensorsFile::Require(std::string_view name, std::span<const uint64_t> shape) const {
  const Tensor* tensor = Find(name);
  if (tensor == nullptr) {
    std::vector<std::string> known;
    for (const auto& [other, ignored] : tensors_) known.push_back(other);
    throw Error(ErrorCode::kCorruption, fmt::format("The weights \"{}\" lack the tensor \"{}\"", path_, name),
                DidYouMean(name, known, "config.json and the weights must belong to the same model"));
  }
  if (!std::equal(shape.begin(), shape.end(), tensor->shape.begin(), tensor->shape.end())) {
    throw Error(ErrorCode::kCorruption,
                fmt::format("Tensor \"{}\" of the weights \"{}\" has shape [{}] instead of [{}]", name, path_,
                            fmt::join(tensor->shape, ", "), fmt::join(shape, ", ")),
                "config.json and the weights must belong to the same model");
  }
  if (tensor->type == TensorType::kOther) {
    throw Error(
        ErrorCode::kNotSupported,
        fmt::format("not supported yet: tensor \"{}\" of the weights \"{}\" is not F32, F16 or BF16", name, path_),
        "use the publisher's weights that are not quantised");
  }
  return *tensor;
}

}  // namespace rem
