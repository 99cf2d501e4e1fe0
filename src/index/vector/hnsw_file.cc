#include "index/vector/hnsw_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>

#include <fmt/format.h>
#include <rem/error.h>

#include "base/bytes.h"
#include "base/hash.h"

namespace rem {

namespace {

constexpr std::string_view kMagic = "REMHNSW";
constexpr uint8_t kVersion = 2;
constexpr size_t kPieceBytes = 4 << 20;
constexpr size_t kMaxPieceBytes = 64 << 20;
constexpr size_t kPieceHeaderBytes = 16;

[[noreturn]] void ThrowIo(const std::string& path, const char* what) {
  const int reason = errno;
  throw Error(reason == ENOSPC ? ErrorCode::kNoSpace : ErrorCode::kIo,
              fmt::format("cannot {} \"{}\": {}", what, path, std::strerror(reason)));
}

[[noreturn]] void ThrowDamaged(const std::string& path) {
  throw Error(ErrorCode::kCorruption, fmt::format("the vector index in \"{}\" is damaged", path),
              "delete the file; the index is made again");
}

class File {
 public:
  File(const std::string& path, int flags) : fd_(open(path.c_str(), flags | O_CLOEXEC, 0644)) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

class PieceWriter {
 public:
  explicit PieceWriter(const std::string& path)
      : path_(path), partial_(path + ".partial"), file_(partial_, O_WRONLY | O_CREAT | O_TRUNC) {
    if (file_.fd() < 0) ThrowIo(partial_, "create");
  }
  ~PieceWriter() {
    if (!done_ && file_.fd() >= 0) unlink(partial_.c_str());
  }
  std::string& buffer() { return buffer_; }
  void FlushIfLarge() {
    if (buffer_.size() >= kPieceBytes) Flush();
  }
  void Flush() {
    std::string header;
    AppendFixed(header, static_cast<uint64_t>(buffer_.size()));
    // The number of the piece goes into the hash: pieces cannot change places.
    AppendFixed(header, Hash64(buffer_, ++pieces_));
    Write(header);
    Write(buffer_);
    buffer_.clear();
  }
  void Finish() {
    if (fsync(file_.fd()) != 0) ThrowIo(partial_, "write");
    if (std::rename(partial_.c_str(), path_.c_str()) != 0) ThrowIo(path_, "replace");
    done_ = true;
  }

 private:
  void Write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = write(file_.fd(), bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) ThrowIo(partial_, "write");
      bytes.remove_prefix(static_cast<size_t>(written));
    }
  }

  const std::string path_;
  const std::string partial_;
  File file_;
  std::string buffer_;
  uint64_t pieces_ = 0;
  bool done_ = false;
};

class PieceReader {
 public:
  PieceReader(const std::string& path, int fd) : path_(path), fd_(fd) {}

  /// The next piece; it lives until the next call.
  std::string_view Next() {
    char header[kPieceHeaderBytes];
    Read(header, sizeof header);
    const auto size = LoadFixed<uint64_t>(header);
    if (size > kMaxPieceBytes) ThrowDamaged(path_);
    buffer_.resize(size);
    Read(buffer_.data(), size);
    if (Hash64(buffer_, ++pieces_) != LoadFixed<uint64_t>(header + 8)) ThrowDamaged(path_);
    return buffer_;
  }
  void ExpectEnd() {
    char more;
    if (read(fd_, &more, 1) != 0) ThrowDamaged(path_);
  }

 private:
  void Read(char* out, size_t size) {
    while (size > 0) {
      const ssize_t got = read(fd_, out, size);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) ThrowIo(path_, "read");
      if (got == 0) ThrowDamaged(path_);
      out += got;
      size -= static_cast<size_t>(got);
    }
  }

  const std::string& path_;
  int fd_;
  std::string buffer_;
  uint64_t pieces_ = 0;
};

struct FileHeader {
  HnswOptions options;
  uint64_t random_state = 0;
  uint64_t entry = 0;
  Slot count = 0;
  Slot live = 0;
  std::string meta;
};

void AppendHeader(std::string& out, const FileHeader& header) {
  out.append(kMagic);
  out.push_back(static_cast<char>(kVersion));
  const HnswOptions& options = header.options;
  AppendFixed(out, static_cast<uint32_t>(options.dimension));
  AppendFixed(out, options.m);
  AppendFixed(out, options.ef_construction);
  out.push_back(static_cast<char>(options.metric));
  out.push_back(static_cast<char>(options.codes));
  AppendFixed(out, options.seed);
  AppendFixed(out, header.random_state);
  AppendFixed(out, header.entry);
  AppendFixed(out, header.count);
  AppendFixed(out, header.live);
  AppendLengthPrefixed(out, {reinterpret_cast<const char*>(options.centre.data()), options.centre.size() * 4});
  AppendLengthPrefixed(out, header.meta);
}

bool TakeHeader(std::string_view in, FileHeader& header) {
  HnswOptions& options = header.options;
  uint32_t dimension = 0;
  uint8_t metric = 0, codes = 0;
  std::string_view centre, meta;
  const bool whole = TakeFixed(in, dimension) && TakeFixed(in, options.m) && TakeFixed(in, options.ef_construction) &&
                     TakeFixed(in, metric) && TakeFixed(in, codes) && TakeFixed(in, options.seed) &&
                     TakeFixed(in, header.random_state) && TakeFixed(in, header.entry) && TakeFixed(in, header.count) &&
                     TakeFixed(in, header.live) && TakeLengthPrefixed(in, centre) && TakeLengthPrefixed(in, meta) &&
                     in.empty();
  if (!whole || metric > static_cast<uint8_t>(VectorMetric::kL2) ||
      codes > static_cast<uint8_t>(VectorCodes::kFloat32) || dimension == 0 || dimension > HnswOptions::kMaxDimension ||
      !(centre.empty() || centre.size() == size_t{dimension} * 4) || header.count > kNoSlot ||
      header.live > header.count) {
    return false;
  }
  options.dimension = dimension;
  options.metric = static_cast<VectorMetric>(metric);
  options.codes = static_cast<VectorCodes>(codes);
  if (options.metric == VectorMetric::kInnerProduct && !centre.empty()) return false;
  options.centre.resize(centre.size() / 4);
  if (!centre.empty()) std::memcpy(options.centre.data(), centre.data(), centre.size());
  header.meta = meta;
  return true;
}

FileHeader ReadHeader(PieceReader& reader, const std::string& path) {
  const std::string_view piece = reader.Next();
  if (piece.substr(0, kMagic.size()) != kMagic || piece.size() <= kMagic.size()) ThrowDamaged(path);
  const auto version = static_cast<uint8_t>(piece[kMagic.size()]);
  if (version != kVersion) {
    throw Error(ErrorCode::kFormatVersion,
                fmt::format("the vector index in \"{}\" has format {}, this version of REM DB knows {}", path, version,
                            kVersion));
  }
  FileHeader header;
  if (!TakeHeader(piece.substr(kMagic.size() + 1), header)) ThrowDamaged(path);
  return header;
}

bool TakeLinks(std::string_view& in, const LinkList& links, Slot count) {
  for (uint32_t i = 0; i < links.capacity; ++i) {
    uint32_t word = 0;
    if (!TakeFixed(in, word) || word > count) return false;
    links.words[i].store(word, std::memory_order_relaxed);
  }
  return true;
}

}  // namespace

// One node: factors (12) state (4) row (8) bits code, then the links of each level from 0.
void HnswFile::Save(const HnswIndex& index, std::string_view meta, const std::string& path) {
  PieceWriter writer(path);
  const NodeStore& store = index.store_;
  const NodeStore::Layout& layout = store.layout();
  const Slot count = store.size();
  AppendHeader(writer.buffer(), {index.options_, index.random_state_, index.entry_.load(), count,
                                 static_cast<Slot>(index.size()), std::string(meta)});
  writer.Flush();
  for (Slot slot = 0; slot < count; ++slot) {
    std::string& out = writer.buffer();
    const NodeHeader& header = store.header(slot);
    AppendFixed(out, header.bits_factor);
    AppendFixed(out, header.code_factor);
    AppendFixed(out, header.add);
    AppendFixed(out, header.state.load());
    AppendFixed(out, store.row(slot).load());
    out.append(reinterpret_cast<const char*>(store.bits(slot)), layout.bit_words * sizeof(uint64_t));
    out.append(reinterpret_cast<const char*>(store.code(slot)), layout.code_bytes);
    for (uint32_t level = 0; level <= store.level(slot); ++level) {
      const LinkList links = store.links(slot, level);
      for (uint32_t i = 0; i < links.capacity; ++i) AppendFixed(out, links.words[i].load());
    }
    writer.FlushIfLarge();
  }
  if (!writer.buffer().empty()) writer.Flush();
  writer.Finish();
}

bool HnswFile::TakeNode(std::string_view& in, HnswIndex& index, Slot count) {
  NodeStore& store = index.store_;
  const NodeStore::Layout& layout = store.layout();
  float bits_factor = 0, code_factor = 0, add = 0;
  uint32_t state = 0;
  uint64_t row = 0;
  if (!TakeFixed(in, bits_factor) || !TakeFixed(in, code_factor) || !TakeFixed(in, add) || !TakeFixed(in, state) ||
      !TakeFixed(in, row)) {
    return false;
  }
  const uint32_t level = state & ~kDeletedNode;
  const size_t codes = layout.bit_words * sizeof(uint64_t) + layout.code_bytes;
  const bool freed = row == HnswIndex::kFreedRow;
  const bool deleted = (state & kDeletedNode) != 0;
  if (level > HnswIndex::kMaxLevel || in.size() < codes || (freed && !deleted) ||
      (!freed && row >= RowSlots::kMaxRows) || !std::isfinite(bits_factor) || !std::isfinite(code_factor) ||
      !std::isfinite(add)) {
    return false;
  }
  const Slot slot = store.Append(level);
  NodeHeader& header = store.header(slot);
  header.bits_factor = bits_factor;
  header.code_factor = code_factor;
  header.add = add;
  header.state.store(state);
  store.row(slot).store(row);
  std::memcpy(store.bits(slot), in.data(), layout.bit_words * sizeof(uint64_t));
  in.remove_prefix(layout.bit_words * sizeof(uint64_t));
  std::memcpy(store.code(slot), in.data(), layout.code_bytes);
  in.remove_prefix(layout.code_bytes);
  for (uint32_t at = 0; at <= level; ++at) {
    if (!TakeLinks(in, store.links(slot, at), count)) return false;
  }
  if (freed) {
    index.free_.push_back({slot, 0});
  } else if (deleted) {
    ++index.removed_;
  } else {
    if (index.rows_.Find(row) != kNoSlot) return false;
    index.rows_.Set(row, slot);
    ++index.live_;
  }
  return true;
}

// A link leads to a node that has the level on which it lies.
bool HnswFile::LinksHold(const HnswIndex& index) {
  const NodeStore& store = index.store_;
  for (Slot slot = 0; slot < store.size(); ++slot) {
    for (uint32_t level = 1; level <= store.level(slot); ++level) {
      const LinkList links = store.links(slot, level);
      for (uint32_t i = 0; i < links.capacity; ++i) {
        const uint32_t word = links.words[i].load();
        if (word != 0 && store.level(word - 1) < level) return false;
      }
    }
  }
  const HnswIndex::Entry entry = index.LoadEntry();
  if (entry.slot == kNoSlot) return index.live_ == 0;
  return entry.slot < store.size() && entry.level <= store.level(entry.slot);
}

std::unique_ptr<HnswIndex> HnswFile::Load(const std::string& path, size_t memory_limit, std::string& meta) {
  const File file(path, O_RDONLY);
  if (file.fd() < 0 && errno == ENOENT) return nullptr;
  if (file.fd() < 0) ThrowIo(path, "open");
  PieceReader reader(path, file.fd());
  FileHeader header = ReadHeader(reader, path);
  header.options.memory_limit = memory_limit;
  std::unique_ptr<HnswIndex> index;
  try {
    index = std::make_unique<HnswIndex>(header.options);
  } catch (const Error&) {
    ThrowDamaged(path);
  }
  index->random_state_ = header.random_state;
  while (index->store_.size() < header.count) {
    std::string_view piece = reader.Next();
    if (piece.empty()) ThrowDamaged(path);
    while (!piece.empty()) {
      if (index->store_.size() == header.count || !TakeNode(piece, *index, header.count)) ThrowDamaged(path);
    }
  }
  reader.ExpectEnd();
  index->entry_.store(header.entry);
  if (!LinksHold(*index) || index->size() != header.live) ThrowDamaged(path);
  meta = header.meta;
  return index;
}

std::optional<HnswFile::Summary> HnswFile::Peek(const std::string& path) {
  const File file(path, O_RDONLY);
  if (file.fd() < 0) return std::nullopt;
  try {
    PieceReader reader(path, file.fd());
    FileHeader header = ReadHeader(reader, path);
    return Summary{std::move(header.options), header.live};
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace rem
