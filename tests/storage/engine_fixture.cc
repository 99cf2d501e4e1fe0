#include "storage/engine_fixture.h"

#include <cstdlib>
#include <system_error>

namespace rem {

TempDirectory::TempDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "rem-storage-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::system_error(errno, std::generic_category(), name);
  path_ = name;
}

TempDirectory::~TempDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace rem
