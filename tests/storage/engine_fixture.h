#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rem/error.h>

#include "storage/engine.h"

namespace rem {

/// A directory of its own that goes away with the test.
class TempDirectory {
 public:
  TempDirectory();
  ~TempDirectory();
  const std::filesystem::path& path() const { return path_; }
  std::string Sub(std::string_view name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

using Pairs = std::vector<std::pair<std::string, std::string>>;

inline void PutOne(Engine& engine, Family family, std::string_view key, std::string_view value,
                   const WriteOptions& options = {}) {
  Batch batch;
  batch.Put(family, key, value);
  engine.Write(batch, options);
}

inline std::string GetOr(const Engine& engine, Family family, std::string_view key, std::string_view absent,
                         const EngineSnapshot* snapshot = nullptr) {
  std::string value;
  return engine.Get(family, key, value, snapshot) ? value : std::string(absent);
}

inline Pairs ScanForward(const Engine& engine, Family family, ScanOptions options = {}) {
  Pairs pairs;
  const auto iterator = engine.Scan(family, std::move(options));
  for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next())
    pairs.emplace_back(iterator->key(), iterator->value());
  return pairs;
}

inline Pairs ScanBackward(const Engine& engine, Family family, ScanOptions options = {}) {
  Pairs pairs;
  const auto iterator = engine.Scan(family, std::move(options));
  for (iterator->SeekToLast(); iterator->Valid(); iterator->Prev())
    pairs.emplace_back(iterator->key(), iterator->value());
  return pairs;
}

/// The code of the Error that `action` throws; fails the test when there is none.
inline ErrorCode CodeOf(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_FALSE(error.hint().empty()) << error.what();
    return error.code();
  }
  ADD_FAILURE() << "no error was thrown";
  return ErrorCode::kInternal;
}

}  // namespace rem
