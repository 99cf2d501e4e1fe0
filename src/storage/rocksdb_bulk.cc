#include "storage/rocksdb_bulk.h"

#include <algorithm>
#include <exception>
#include <filesystem>
#include <memory>
#include <span>
#include <system_error>
#include <thread>
#include <vector>

#include <rocksdb/sst_file_writer.h>

#include "base/bytes.h"
#include "storage/rocksdb_files.h"
#include "storage/status_error.h"

namespace rem {

namespace {

constexpr std::string_view kDoing = "cannot write a bulk of records";

/// A file of a bulk is closed past this size, so that later compactions can take part of it.
constexpr uint64_t kMaxFileBytes = 64u << 20;

rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

size_t CommonPrefix(std::string_view a, std::string_view b) {
  const size_t limit = std::min(a.size(), b.size());
  return static_cast<size_t>(std::mismatch(a.begin(), a.begin() + static_cast<ptrdiff_t>(limit), b.begin()).first -
                             a.begin());
}

/// A put with the part of its key that mostly decides the order: comparing one number needs no look at the key itself.
struct SortEntry {
  uint64_t head;
  uint32_t operation;
};

/// Below this many entries, comparing the keys themselves is cheaper than another pass over their next bytes.
constexpr size_t kMinCachedRun = 4;

/// How many entries ahead of the one at work are fetched.
constexpr size_t kPrefetchDistance = 8;

/// The 8 bytes of `key` from `skip` on as a big-endian number, filled up with zeros.
uint64_t KeyHead(std::string_view key, size_t skip) {
  char bytes[8] = {};
  const std::string_view part = key.substr(std::min(skip, key.size()), 8);
  std::copy(part.begin(), part.end(), bytes);
  return LoadBig64(bytes);
}

/// The puts of one family.
class FamilyPuts {
 public:
  explicit FamilyPuts(const Batch& batch) : batch_(&batch) {}

  void Add(uint32_t operation) {
    const Batch::Operation& op = batch_->operations()[operation];
    const std::string_view key = batch_->key(op);
    if (entries_.empty()) {
      common_ = key.size();
      last_ = key;
    }
    common_ = std::min(common_, CommonPrefix(last_.substr(0, common_), key));
    if (key <= last_ && !entries_.empty()) sorted_ = false;
    last_ = key;
    bytes_ += op.key_size + op.value_size;
    entries_.push_back({0, operation});
  }

  /// Ascending by key; among equal keys the last put comes first.
  void Sort() {
    if (!sorted_) SortFrom(entries_, common_);
  }

  /// Sorted entries lie anywhere in the batch: what entry `i` needs is fetched in two steps while others are written.
  void Prefetch(size_t i) const {
    if (i + 2 * kPrefetchDistance < entries_.size()) {
      __builtin_prefetch(&batch_->operations()[entries_[i + 2 * kPrefetchDistance].operation]);
    }
    if (i + kPrefetchDistance < entries_.size()) __builtin_prefetch(Key(entries_[i + kPrefetchDistance]).data());
  }

  std::string_view Key(const SortEntry& entry) const { return batch_->key(batch_->operations()[entry.operation]); }
  std::string_view Value(const SortEntry& entry) const { return batch_->value(batch_->operations()[entry.operation]); }
  const std::vector<SortEntry>& entries() const { return entries_; }
  size_t bytes() const { return bytes_; }

 private:
  /// Sorts entries whose keys share their first `skip` bytes: by the number that the next 8 bytes make, then each run
  /// of equal numbers by the 8 bytes after those (multikey sort with cached characters; Ng and Kakehi 2007). Keys that
  /// begin alike, as those of an index do, are so read once a level and not once a comparison.
  void SortFrom(std::span<SortEntry> entries, size_t skip) {
    if (entries.size() < kMinCachedRun) {
      std::sort(entries.begin(), entries.end(), [&](const SortEntry& a, const SortEntry& b) {
        const int order = Key(a).compare(Key(b));
        return order != 0 ? order < 0 : a.operation > b.operation;
      });
      return;
    }
    size_t longest = 0;
    for (SortEntry& entry : entries) {
      const std::string_view key = Key(entry);
      entry.head = KeyHead(key, skip);
      longest = std::max(longest, key.size());
    }
    const size_t next = skip + sizeof(SortEntry::head);
    // Where the numbers hold whole keys, only keys of different lengths (filled up with zeros) are left to tell apart.
    const bool whole = longest <= next;
    std::sort(entries.begin(), entries.end(), [&](const SortEntry& a, const SortEntry& b) {
      if (a.head != b.head) return a.head < b.head;
      if (whole && Key(a).size() != Key(b).size()) return Key(a).size() < Key(b).size();
      return a.operation > b.operation;
    });
    if (whole) return;
    for (size_t begin = 0, end = 0; begin < entries.size(); begin = end) {
      while (end < entries.size() && entries[end].head == entries[begin].head) ++end;
      if (end - begin > 1) SortFrom(entries.subspan(begin, end - begin), next);
    }
  }

  const Batch* batch_;
  std::vector<SortEntry> entries_;
  std::string_view last_;
  size_t common_ = 0;
  size_t bytes_ = 0;
  bool sorted_ = true;
};

/// Removes what is left of its files when it goes: after a failure, or where RocksDB linked them instead of moving
/// them.
class TemporaryFiles {
 public:
  ~TemporaryFiles() {
    std::error_code ignored;
    for (const auto& files : paths) {
      for (const std::string& path : files) std::filesystem::remove(path, ignored);
    }
  }
  std::array<std::vector<std::string>, kFamilyCount> paths;
};

void WriteFiles(FamilyPuts& puts, const rocksdb::Options& options, rocksdb::ColumnFamilyHandle* handle,
                const std::string& stem, std::vector<std::string>& paths) {
  puts.Sort();
  const rocksdb::EnvOptions env_options(options);
  std::unique_ptr<rocksdb::SstFileWriter> writer;
  std::string_view last;
  for (size_t i = 0; i < puts.entries().size(); ++i) {
    const SortEntry& entry = puts.entries()[i];
    puts.Prefetch(i);
    const std::string_view key = puts.Key(entry);
    if (i > 0 && key == last) continue;
    last = key;
    if (writer == nullptr) {
      paths.push_back(stem + "-" + std::to_string(paths.size()) + ".sst");
      writer = std::make_unique<rocksdb::SstFileWriter>(env_options, options, handle);
      ThrowIfFailed(writer->Open(paths.back()), kDoing);
    }
    ThrowIfFailed(writer->Put(ToSlice(key), ToSlice(puts.Value(entry))), kDoing);
    if (writer->FileSize() >= kMaxFileBytes) {
      ThrowIfFailed(writer->Finish(), kDoing);
      writer.reset();
    }
  }
  if (writer != nullptr) ThrowIfFailed(writer->Finish(), kDoing);
}

}  // namespace

BulkWriter::BulkWriter(rocksdb::DB& db, const FamilyHandles& handles, const RocksDbConfig& config,
                       const std::string& database_path)
    : db_(db), handles_(handles), config_(config), directory_(BulkDirectory(database_path).string()) {}

bool BulkWriter::Suits(const Batch& batch) {
  if (batch.bytes() < kMinBulkBytes) return false;
  return std::all_of(batch.operations().begin(), batch.operations().end(),
                     [](const Batch::Operation& op) { return op.kind == Batch::Kind::kPut; });
}

void BulkWriter::Write(const Batch& batch) {
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  if (error) {
    const bool no_space = error == std::errc::no_space_on_device;
    throw Error(no_space ? ErrorCode::kNoSpace : ErrorCode::kIo, std::string(kDoing), "check the database directory")
        .WithDetail(error.message());
  }

  std::vector<FamilyPuts> puts(kFamilyCount, FamilyPuts(batch));
  for (uint32_t i = 0; i < batch.operations().size(); ++i)
    puts[static_cast<size_t>(batch.operations()[i].family)].Add(i);
  // The largest family first, so that the two threads end at about the same time.
  std::vector<size_t> order;
  for (size_t family = 0; family < kFamilyCount; ++family) {
    if (!puts[family].entries().empty()) order.push_back(family);
  }
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return puts[a].bytes() > puts[b].bytes(); });

  TemporaryFiles files;
  const std::string stem = directory_ + "/" + std::to_string(next_file_++) + "-";
  std::atomic<size_t> next{0};
  std::array<std::exception_ptr, 2> failures;
  const auto work = [&](std::exception_ptr& failure) {
    try {
      for (size_t i = next++; i < order.size(); i = next++) {
        const size_t family = order[i];
        const rocksdb::Options options(config_.db, config_.families[family]);
        const std::string name(DescribeFamily(static_cast<Family>(family)).name);
        WriteFiles(puts[family], options, handles_[family], stem + name, files.paths[family]);
      }
    } catch (...) {
      failure = std::current_exception();
    }
  };
  std::thread second;
  if (order.size() > 1) second = std::thread(work, std::ref(failures[1]));
  work(failures[0]);
  if (second.joinable()) second.join();
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }

  // The files become durable with the ingestion, so everything written before must be durable first: a crash may lose
  // the end, never the middle.
  ThrowIfFailed(db_.FlushWAL(true), kDoing);
  std::vector<rocksdb::IngestExternalFileArg> arguments;
  for (const size_t family : order) {
    rocksdb::IngestExternalFileArg& argument = arguments.emplace_back();
    argument.column_family = handles_[family];
    argument.external_files = files.paths[family];
    argument.options.move_files = true;
    argument.options.write_global_seqno =
        false;  // The sequence lies in the MANIFEST, so that the file keeps its checksum.
  }
  ThrowIfFailed(db_.IngestExternalFiles(arguments), kDoing);
}

}  // namespace rem
