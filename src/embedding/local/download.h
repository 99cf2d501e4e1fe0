#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace rem {

struct DownloadRequest {
  std::string address;  ///< http or https
  std::string path;     ///< Where the file goes; what has come so far is in `path`.part.
  bool required = true;
  /// What the file must have; empty for what the server states, or anything.
  std::string sha256;
  /// Bytes that are there, of all (0 where the server does not say). May throw.
  std::function<void(uint64_t done, uint64_t total)> progress;
};

/// Fetches a file. A part that is there from before is gone on with; a whole file is not fetched again. Returns false
/// where the server does not have the file and it is not required. Errors: kNotFound, kIo, kTimeout when nothing comes
/// for a minute, kCorruption for the wrong SHA-256 (the part is then removed), kNotSupported for an address of another
/// kind.
bool DownloadFile(const DownloadRequest& request);

}  // namespace rem
