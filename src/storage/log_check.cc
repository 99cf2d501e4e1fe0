#include "storage/log_check.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <rem/error.h>

#include "base/bytes.h"

namespace rem {

namespace {

namespace fs = std::filesystem;

// The log format of LevelDB and RocksDB: blocks of 32 KiB, each holding physical records
//   checksum (4) | length (2) | type (1) | bytes
// and zeros where fewer than 7 bytes are left. The checksum is a masked CRC-32C of type and bytes.
constexpr size_t kBlockBytes = 32'768;
constexpr size_t kHeaderBytes = 7;
enum RecordType : uint8_t { kZero = 0, kFull = 1, kFirst = 2, kMiddle = 3, kLast = 4 };

using CrcTables = std::array<std::array<uint32_t, 256>, 8>;

/// CRC-32C (Castagnoli) with eight tables (Kounavis and Berry, "slicing-by-8").
constexpr CrcTables MakeCrcTables() {
  CrcTables tables{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78u : 0);
    tables[0][i] = crc;
  }
  for (size_t k = 1; k < 8; ++k) {
    for (size_t i = 0; i < 256; ++i) tables[k][i] = (tables[k - 1][i] >> 8) ^ tables[0][tables[k - 1][i] & 0xFF];
  }
  return tables;
}
constexpr CrcTables kCrc = MakeCrcTables();

/// Continues a running CRC (started from ~0 and inverted at the end).
uint32_t UpdateCrc(uint32_t crc, std::string_view bytes) {
  while (bytes.size() >= 8) {
    const uint64_t word = LoadFixed<uint64_t>(bytes.data()) ^ crc;
    crc = kCrc[7][word & 0xFF] ^ kCrc[6][(word >> 8) & 0xFF] ^ kCrc[5][(word >> 16) & 0xFF] ^
          kCrc[4][(word >> 24) & 0xFF] ^ kCrc[3][(word >> 32) & 0xFF] ^ kCrc[2][(word >> 40) & 0xFF] ^
          kCrc[1][(word >> 48) & 0xFF] ^ kCrc[0][word >> 56];
    bytes.remove_prefix(8);
  }
  for (const char byte : bytes) crc = (crc >> 8) ^ kCrc[0][(crc ^ static_cast<uint8_t>(byte)) & 0xFF];
  return crc;
}

/// Stored checksums are rotated and shifted, because the CRC of bytes that hold their own CRC is weak.
uint32_t Unmask(uint32_t masked) {
  const uint32_t rotated = masked - 0xA282EAD8u;
  return (rotated >> 17) | (rotated << 15);
}

[[noreturn]] void ThrowDamaged(const fs::path& file, uint64_t offset, const char* what) {
  throw Error(ErrorCode::kCorruption,
              "the file \"" + file.string() + "\" is damaged at byte " + std::to_string(offset) + ": " + what,
              "restore the database from a backup; nothing was changed");
}

bool AllZero(std::string_view bytes) { return bytes.find_first_not_of('\0') == std::string_view::npos; }

/// Whether some beginning of `body` fits the checksum: then the record was complete and its length field is what is
/// damaged.
bool ChecksumFitsSomePrefix(uint32_t expected, char type, std::string_view body) {
  uint32_t crc = UpdateCrc(~0u, {&type, 1});
  for (size_t size = 0;; ++size) {
    if (~crc == expected) return true;
    if (size == body.size()) return false;
    crc = UpdateCrc(crc, body.substr(size, 1));
  }
}

/// Checks one log file block by block.
class LogChecker {
 public:
  explicit LogChecker(const fs::path& file) : file_(file), stream_(file, std::ios::binary) {}

  void Run() {
    // A log may be removed meanwhile, once its contents are in table files.
    if (!stream_) return;
    std::vector<char> buffer(kBlockBytes);
    uint64_t offset = 0;
    for (;;) {
      stream_.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
      const std::string_view block(buffer.data(), static_cast<size_t>(stream_.gcount()));
      CheckBlock(block, offset);
      if (block.size() < kBlockBytes) return;
      offset += block.size();
    }
  }

 private:
  /// A block shorter than kBlockBytes is the end of the file.
  void CheckBlock(std::string_view block, uint64_t block_offset) {
    size_t position = 0;
    while (kBlockBytes - position >= kHeaderBytes && block.size() > position) {
      const uint64_t offset = block_offset + position;
      const std::string_view rest = block.substr(position);
      if (zeros_from_ != 0 && !AllZero(rest))
        ThrowDamaged(file_, zeros_from_ - 1, "there are records behind an empty region");
      if (rest.size() < kHeaderBytes) return;  // The end is cut off inside a header.
      if (AllZero(rest)) {
        // Preallocated space at the end of the file.
        if (zeros_from_ == 0) zeros_from_ = offset + 1;
        return;
      }
      position += CheckRecord(rest, offset);
    }
  }

  /// Returns the size of the record. One that reaches past `rest` inside its block reaches past the end of the file.
  size_t CheckRecord(std::string_view rest, uint64_t offset) {
    const uint32_t expected = Unmask(LoadFixed<uint32_t>(rest.data()));
    const size_t length = LoadFixed<uint16_t>(rest.data() + 4);
    const auto type = static_cast<uint8_t>(rest[6]);
    if (type < kFull || type > kLast) ThrowDamaged(file_, offset, "a record has an unknown type");
    if (kHeaderBytes + length > kBlockBytes - offset % kBlockBytes)
      ThrowDamaged(file_, offset, "a record is longer than its block");
    if (kHeaderBytes + length > rest.size()) {
      // A crash cut the record off, unless its bytes are all there and it only says that there are more.
      if (ChecksumFitsSomePrefix(expected, rest[6], rest.substr(kHeaderBytes)))
        ThrowDamaged(file_, offset, "a record has a wrong length");
      return rest.size();
    }
    if (~UpdateCrc(~0u, rest.substr(6, 1 + length)) != expected)
      ThrowDamaged(file_, offset, "a record does not fit its checksum");
    CheckSequence(static_cast<RecordType>(type), offset);
    return kHeaderBytes + length;
  }

  /// A logical record is one kFull, or kFirst, any number of kMiddle, kLast.
  void CheckSequence(RecordType type, uint64_t offset) {
    const bool continues = type == kMiddle || type == kLast;
    if (continues != inside_) ThrowDamaged(file_, offset, "parts of a record are missing");
    inside_ = type == kFirst || type == kMiddle;
  }

  fs::path file_;
  std::ifstream stream_;
  bool inside_ = false;
  uint64_t zeros_from_ = 0;  ///< One more than the offset where an empty region starts; 0 when there is none.
};

}  // namespace

void VerifyLogFiles(const std::string& database_path) {
  const fs::path directory(database_path);
  std::string manifest;
  std::getline(std::ifstream(directory / "CURRENT"), manifest);
  if (!manifest.starts_with("MANIFEST-")) {
    throw Error(ErrorCode::kCorruption,
                "the file \"" + (directory / "CURRENT").string() + "\" is damaged: it names no MANIFEST",
                "restore the database from a backup; nothing was changed");
  }
  LogChecker(directory / manifest).Run();
  std::error_code error;
  fs::directory_iterator entry(directory, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    if (entry->path().extension() == ".log") LogChecker(entry->path()).Run();
  }
}

}  // namespace rem
