#include "embedding/static_model.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstring>

#include <rem/error.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "embedding/service/long_text.h"
#include "embedding/static_model_format.h"
#include "embedding/static_model_kernels.h"

namespace rem {

static_assert(std::endian::native == std::endian::little, "model files are read in place");

/// The file's bytes: mapped, or held.
class StaticModel::Memory {
 public:
  explicit Memory(std::string bytes) : held_(std::move(bytes)), bytes_(held_) {}
  Memory(const char* data, size_t size) : bytes_(data, size), mapped_(true) {}
  ~Memory() {
    if (mapped_) munmap(const_cast<char*>(bytes_.data()), bytes_.size());
  }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  std::string_view bytes() const { return bytes_; }

 private:
  std::string held_;
  std::string_view bytes_;
  bool mapped_ = false;
};

namespace {

constexpr const char* kReinstall = "restore the file from the installation; ./dev build puts it beside the program";

/// Rows whose products with their weights an int32 holds for sure: 500 * 128 * 32767 < 2^31.
constexpr size_t kRowsPerBlock = 500;

void CheckHeader(const StaticModelHeader& header, size_t file_bytes, const std::string& source) {
  const auto damaged = [&](std::string_view what) {
    return Error(ErrorCode::kCorruption, fmt::format("Model file \"{}\" is damaged: {}", source, what), kReinstall);
  };
  if (std::memcmp(header.magic, kModelMagic, sizeof(kModelMagic)) != 0) {
    throw Error(ErrorCode::kCorruption, fmt::format("\"{}\" is not a model file", source), kReinstall);
  }
  if (header.format != StaticModel::kFormat) {
    throw Error(ErrorCode::kFormatVersion, fmt::format("Model file \"{}\" has format {}", source, header.format),
                fmt::format("this version reads format {}; use the file that came with it", StaticModel::kFormat));
  }
  const auto* bytes = reinterpret_cast<const char*>(&header);
  if (Hash64({bytes, offsetof(StaticModelHeader, header_checksum)}) != header.header_checksum) {
    throw damaged("its header fails the checksum");
  }
  const bool plausible = header.bits == 8 && header.dimension > 0 && header.dimension % 16 == 0 &&
                         header.dimension <= StaticModel::kMaxDimension && header.tokens > 0 &&
                         header.tokens <= Vocabulary::kMaxTokens && std::has_single_bit(header.slots) &&
                         header.slots > header.tokens && header.name[sizeof(header.name) - 1] == '\0';
  if (!plausible) throw damaged("its header holds impossible sizes");
  if (StaticModelSections(header).end != header.file_bytes || header.file_bytes != file_bytes) {
    throw damaged(fmt::format("it has {} bytes instead of {}", file_bytes, header.file_bytes));
  }
}

// What the checksums do not say: that no number leads outside.
bool NumbersStayInside(std::span<const uint64_t> slots, std::span<const uint16_t> weights,
                       std::span<const uint32_t> token_ends, size_t token_text_bytes) {
  size_t used = 0;
  for (const uint64_t slot : slots) {
    used += slot != 0;
    if (slot != 0 && !Vocabulary::SlotIsBelow(slot, token_ends.size())) return false;
  }
  return used < slots.size() && std::is_sorted(token_ends.begin(), token_ends.end()) &&
         token_ends.back() == token_text_bytes &&
         std::all_of(weights.begin(), weights.end(), [](uint16_t w) { return w <= kMaxRowWeight; });
}

}  // namespace

StaticModel StaticModel::Open(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    const bool missing = errno == ENOENT || errno == ENOTDIR;
    throw Error(missing ? ErrorCode::kNotFound : ErrorCode::kIo,
                fmt::format("Cannot open model file \"{}\": {}", path, std::strerror(errno)), kReinstall);
  }
  struct stat status {};
  const bool readable = fstat(file, &status) == 0 && S_ISREG(status.st_mode);
  const auto size = static_cast<size_t>(status.st_size);
  if (!readable || size < sizeof(StaticModelHeader)) {
    close(file);
    throw Error(ErrorCode::kCorruption, fmt::format("\"{}\" is not a model file", path), kReinstall);
  }
  void* data = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
  const int reason = errno;
  close(file);
  if (data == MAP_FAILED) {
    throw Error(ErrorCode::kIo, fmt::format("Cannot map model file \"{}\": {}", path, std::strerror(reason)),
                "check the file and the memory limit of the process");
  }
  return Read(std::make_shared<const Memory>(static_cast<const char*>(data), size), path);
}

StaticModel StaticModel::FromBytes(std::string bytes) {
  if (bytes.size() < sizeof(StaticModelHeader)) {
    throw Error(ErrorCode::kCorruption, "\"bytes in memory\" is not a model file", kReinstall);
  }
  return Read(std::make_shared<const Memory>(std::move(bytes)), "bytes in memory");
}

StaticModel StaticModel::Read(std::shared_ptr<const Memory> memory, const std::string& source) {
  const std::string_view bytes = memory->bytes();
  StaticModelHeader header;
  std::memcpy(&header, bytes.data(), sizeof(header));
  CheckHeader(header, bytes.size(), source);
  if (Hash64(bytes.substr(sizeof(header))) != header.checksum) {
    throw Error(ErrorCode::kCorruption,
                fmt::format("Model file \"{}\" is damaged: its content fails the checksum", source), kReinstall);
  }
  StaticModel model;
  model.memory_ = std::move(memory);
  model.name_ = header.name;
  model.version_ = header.version;
  model.dimension_ = header.dimension;
  model.token_count_ = header.tokens;
  model.rare_word_element_ = header.rare_word_element;
  const StaticModelSections at(header);
  const std::span slots(reinterpret_cast<const uint64_t*>(bytes.data() + at.slots), header.slots);
  model.vocabulary_ = Vocabulary(slots);
  model.row_weights_ = {reinterpret_cast<const uint16_t*>(bytes.data() + at.row_weights), header.tokens};
  model.rows_ = reinterpret_cast<const int8_t*>(bytes.data() + at.rows);
  model.token_ends_ = {reinterpret_cast<const uint32_t*>(bytes.data() + at.token_ends), header.tokens};
  model.token_text_ = bytes.substr(at.token_text);
  if (!NumbersStayInside(slots, model.row_weights_, model.token_ends_, model.token_text_.size())) {
    throw Error(ErrorCode::kCorruption, fmt::format("Model file \"{}\" holds numbers that lead nowhere", source),
                kReinstall);
  }
  return model;
}

std::string_view StaticModel::token(uint32_t id) const {
  const uint32_t begin = id == 0 ? 0 : token_ends_[id - 1];
  return token_text_.substr(begin, token_ends_[id] - begin);
}

// One bit of a hash decides each element's sign.
void StaticModel::AddRareWord(uint64_t hash, int32_t* block) const {
  uint64_t bits = 0;
  for (size_t d = 0; d < dimension_; ++d, bits >>= 1) {
    if (d % 64 == 0) {
      bits = (hash + d + 1) * 0x9e3779b97f4a7c15;
      bits = (bits ^ (bits >> 32)) * 0xd6e8feb86659fd93;
      bits ^= bits >> 32;
    }
    block[d] += (bits & 1) != 0 ? rare_word_element_ : -rare_word_element_;
  }
}

template <typename Flush>
void StaticModel::AddRows(std::span<const uint32_t> ids, int32_t* block, const Flush& flush) const {
  const auto row = [&](uint32_t id) { return rows_ + size_t{id} * dimension_; };
  for (size_t i = 0; i < ids.size(); i += 2) {
    // A last row of its own is added with another one at weight 0.
    const bool two = i + 1 < ids.size();
    const uint32_t second = two ? ids[i + 1] : ids[i];
    AddTwoRows(row(ids[i]), row_weights_[ids[i]], row(second), two ? row_weights_[second] : 0, block, dimension_);
    if (i % kRowsPerBlock == kRowsPerBlock - 2) flush();
  }
  flush();
}

void StaticModel::Embed(std::string_view text, Scratch& scratch, float* out) const {
  scratch.sums.assign(dimension_, 0);
  if (text.size() <= kPieceBytes) {
    AddText(text, scratch);
  } else {
    for (const std::string_view piece : SplitLongText(text, kPieceBytes)) AddText(piece, scratch);
  }
  double squares = 0;
  for (const int64_t sum : scratch.sums) squares += static_cast<double>(sum) * static_cast<double>(sum);
  const double scale = squares == 0 ? 0 : 1 / std::sqrt(squares);
  for (size_t d = 0; d < dimension_; ++d) out[d] = static_cast<float>(static_cast<double>(scratch.sums[d]) * scale);
}

void StaticModel::AddText(std::string_view text, Scratch& scratch) const {
  FoldText(text, text.size(), scratch.folded);
  vocabulary_.Encode(scratch.folded, scratch.tokens);
  scratch.block.assign(dimension_, 0);
  const auto flush = [&] {
    for (size_t d = 0; d < dimension_; ++d) scratch.sums[d] += scratch.block[d];
    std::fill(scratch.block.begin(), scratch.block.end(), 0);
  };
  AddRows(scratch.tokens.ids, scratch.block.data(), flush);
  if (rare_word_element_ != 0) {
    for (size_t i = 0; i < scratch.tokens.rare_words.size(); ++i) {
      AddRareWord(scratch.tokens.rare_words[i], scratch.block.data());
      if (i % kRowsPerBlock == kRowsPerBlock - 1) flush();
    }
  }
  flush();
}

}  // namespace rem
