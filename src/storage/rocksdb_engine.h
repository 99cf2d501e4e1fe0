#pragma once

#include <memory>

#include <rem/options.h>

#include "storage/engine.h"

namespace rocksdb {
class Env;
}  // namespace rocksdb

namespace rem {

/// Opens (or makes) the RocksDB database in `options.path`. Errors say what to do: kLocked names the directory that
/// another process holds, kPermission, kNoSpace, kNotFound (no database there and create_if_missing is false),
/// kInvalidArgument (the path is a file), kCorruption, kFormatVersion. `env` replaces the operating system's files and
/// threads (fault injection); nullptr is the default one. It must outlive the engine.
std::unique_ptr<Engine> OpenRocksDbEngine(const OpenOptions& options, rocksdb::Env* env = nullptr);

}  // namespace rem
