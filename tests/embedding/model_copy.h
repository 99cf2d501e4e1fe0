#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

namespace rem {

/// A copy of a fixture's model in a folder of its own, which a test may damage.
class ModelCopy {
 public:
  explicit ModelCopy(const std::string& from)
      : folder_(std::filesystem::path(::testing::TempDir()) / ("rem_model_copy_" + std::to_string(getpid()))) {
    std::filesystem::remove_all(folder_);
    std::filesystem::copy(from, folder_, std::filesystem::copy_options::recursive);
  }
  ~ModelCopy() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  ModelCopy(const ModelCopy&) = delete;
  ModelCopy& operator=(const ModelCopy&) = delete;

  std::string folder() const { return folder_.string(); }
  std::string Read(const std::string& file) const {
    std::ifstream in(folder_ / file, std::ios::binary);
    return (std::stringstream() << in.rdbuf()).str();
  }
  void Write(const std::string& file, const std::string& text) const {
    std::filesystem::create_directories((folder_ / file).parent_path());
    std::ofstream(folder_ / file, std::ios::binary) << text;
  }
  void Remove(const std::string& file) const { std::filesystem::remove(folder_ / file); }
  /// The first occurrence of `what`, which must be there.
  void Replace(const std::string& file, const std::string& what, const std::string& by) const {
    std::string text = Read(file);
    const size_t at = text.find(what);
    ASSERT_NE(at, std::string::npos) << what;
    Write(file, text.replace(at, what.size(), by));
  }

 private:
  std::filesystem::path folder_;
};

}  // namespace rem
