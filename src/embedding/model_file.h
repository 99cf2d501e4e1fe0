#pragma once

#include <string>
#include <string_view>

namespace rem {

/// The path of a model file that came with this program: in $REM_DB_MODELS where that is set, else beside the binary or
/// library that this code is part of (models/ in the Python package, ../share/rem-db of an installation and of a
/// build). Error(kNotFound) names every place that was searched.
std::string FindModelFile(std::string_view file_name);

}  // namespace rem
