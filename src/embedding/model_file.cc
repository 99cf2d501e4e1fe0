#include "embedding/model_file.h"

#include <dlfcn.h>

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <vector>

#include <rem/error.h>

namespace rem {

namespace {

namespace fs = std::filesystem;

// The folder of the executable or shared library that holds this function; empty when it cannot be told.
fs::path OwnFolder() {
  Dl_info info{};
  std::error_code failed;
  fs::path own;
  if (dladdr(reinterpret_cast<const void*>(&FindModelFile), &info) != 0 && info.dli_fname != nullptr) {
    own = fs::canonical(info.dli_fname, failed);
  }
  // An executable is known by the name that it was called with, which may be one to look up in PATH.
  if (own.empty() || failed) own = fs::canonical("/proc/self/exe", failed);
  return failed ? fs::path() : own.parent_path();
}

std::vector<fs::path> Places() {
  if (const char* given = std::getenv("REM_DB_MODELS"); given != nullptr && *given != '\0') return {given};
  const fs::path own = OwnFolder();
  return {own / "models", (own / "../share/rem-db").lexically_normal()};
}

}  // namespace

std::string FindModelFile(std::string_view file_name) {
  std::vector<std::string> searched;
  for (const fs::path& place : Places()) {
    const fs::path path = place / file_name;
    std::error_code ignored;
    if (fs::exists(path, ignored)) return path.string();
    searched.push_back(path.string());
  }
  throw Error(ErrorCode::kNotFound, fmt::format("The embedding model \"{}\" is missing", file_name),
              fmt::format("restore {} from the installation (./dev build makes it), set REM_DB_MODELS to the folder "
                          "that has it, or name embedding_provider \"hash\" or \"none\" in the schema",
                          fmt::join(searched, " or ")));
}

}  // namespace rem
