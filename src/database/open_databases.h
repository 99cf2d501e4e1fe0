#pragma once

#include <functional>
#include <memory>
#include <string>

#include <rem/options.h>

namespace rem {

class Store;

/// The stores that this process has open, by path, so that opening a path twice shares one engine. Options of later
/// openings that would need another engine (read_only, durability) must agree: Error(kInvalidArgument).
std::shared_ptr<Store> OpenSharedStore(const OpenOptions& options);

}  // namespace rem
