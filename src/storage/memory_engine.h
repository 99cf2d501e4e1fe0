#pragma once

#include <memory>

#include "storage/engine.h"

namespace rem {

/// An ordered map per family with persistent snapshots: the plain model that the real engine is tested against, and the
/// engine of in-memory databases.
std::unique_ptr<Engine> NewMemoryEngine();

}  // namespace rem
