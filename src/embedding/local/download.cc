#include "embedding/local/download.h"

#include <curl/curl.h>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>

#include <rem/error.h>

#include "embedding/local/model_folder.h"
#include "embedding/local/sha256.h"

namespace rem {

namespace fs = std::filesystem;

namespace {

constexpr long kConnectSeconds = 30, kStalledSeconds = 60, kMaxRedirects = 10;

/// One transfer: what libcurl calls back into.
class Transfer {
 public:
  Transfer(const DownloadRequest& request, std::string part) : request_(request), part_(std::move(part)) {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    curl_.reset(curl_easy_init());
    if (curl_ == nullptr) throw Error(ErrorCode::kInternal, "libcurl cannot be started", "please report this");
    // Without the tag of the version that the part came from, nobody can tell whether the rest fits to it.
    std::error_code ignored;
    const std::optional<std::string> tag = ReadSmallFile(TagPath());
    if (tag && !tag->empty() && fs::exists(part_, ignored)) {
      begin_ = fs::file_size(part_);
      headers_.reset(curl_slist_append(nullptr, fmt::format("If-Range: {}", *tag).c_str()));
    }
  }

  std::string TagPath() const { return part_ + ".etag"; }

  /// The HTTP status.
  long Run() {
    Set(CURLOPT_URL, request_.address.c_str());
    Set(CURLOPT_PROTOCOLS_STR, "http,https");
    Set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    Set(CURLOPT_USERAGENT, "rem-db");
    Set(CURLOPT_FOLLOWLOCATION, 1L);
    Set(CURLOPT_MAXREDIRS, kMaxRedirects);
    Set(CURLOPT_NOSIGNAL, 1L);
    Set(CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
    Set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    Set(CURLOPT_LOW_SPEED_TIME, kStalledSeconds);
    Set(CURLOPT_RESUME_FROM_LARGE, static_cast<curl_off_t>(begin_));
    Set(CURLOPT_HTTPHEADER, headers_.get());
    Set(CURLOPT_WRITEFUNCTION, &Transfer::OnBody);
    Set(CURLOPT_WRITEDATA, this);
    Set(CURLOPT_HEADERFUNCTION, &Transfer::OnHeader);
    Set(CURLOPT_HEADERDATA, this);
    Set(CURLOPT_NOPROGRESS, 0L);
    Set(CURLOPT_XFERINFOFUNCTION, &Transfer::OnProgress);
    Set(CURLOPT_XFERINFODATA, this);
    const CURLcode code = curl_easy_perform(curl_.get());
    if (file_ != nullptr && std::fclose(file_.release()) != 0 && !error_) Fail(errno);
    if (error_) std::rethrow_exception(error_);
    long status = 0;
    curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &status);
    // A server that does not go on where the part ends is asked for all of it by the caller.
    if (code == CURLE_RANGE_ERROR) return 416;
    if (code != CURLE_OK && status < 400) Throw(code);
    return status;
  }

  /// SHA-256 that the server stated, empty where it did not.
  const std::string& stated_sha256() const { return stated_sha256_; }

 private:
  struct CloseCurl {
    void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
  };
  struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };
  struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  template <typename Value>
  void Set(CURLoption option, Value value) {
    curl_easy_setopt(curl_.get(), option, value);
  }

  void Fail(int reason) {
    error_ = std::make_exception_ptr(Error(reason == ENOSPC ? ErrorCode::kNoSpace : ErrorCode::kIo,
                                           fmt::format("Cannot write \"{}\": {}", part_, std::strerror(reason)),
                                           "check the folder's permissions and the free space"));
  }

  [[noreturn]] void Throw(CURLcode code) {
    const bool late = code == CURLE_OPERATION_TIMEDOUT;
    const bool other_kind = code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT;
    throw Error(late         ? ErrorCode::kTimeout
                : other_kind ? ErrorCode::kNotSupported
                             : ErrorCode::kIo,
                fmt::format("Cannot fetch {}: {}", request_.address, curl_easy_strerror(code)),
                other_kind
                    ? "an address begins with http:// or https://"
                    : "what has come is kept: call it again to go on, or fetch the model's folder by other means and "
                      "give its path");
  }

  // Hugging Face names the digest of a large file in front of the redirection to its store.
  static size_t OnHeader(char* data, size_t size, size_t count, void* pointer) {
    Transfer& self = *static_cast<Transfer*>(pointer);
    std::string line(data, size * count);
    // Each answer on the way has headers of its own.
    if (line.starts_with("HTTP/")) self.tag_.clear();
    constexpr std::string_view kTag = "etag:";
    if (curl_strnequal(line.c_str(), kTag.data(), kTag.size()) != 0) {
      self.tag_ = line.substr(std::min(line.find_first_not_of(' ', kTag.size()), line.size()));
      while (!self.tag_.empty() && static_cast<unsigned char>(self.tag_.back()) <= ' ') self.tag_.pop_back();
    }
    std::transform(line.begin(), line.end(), line.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 'a' - 'A') : c; });
    constexpr std::string_view kName = "x-linked-etag:";
    if (line.starts_with(kName)) {
      line.erase(0, kName.size());
      std::erase_if(line, [](char c) { return c == ' ' || c == '"' || c == '\r' || c == '\n'; });
      if (IsSha256(line)) self.stated_sha256_ = line;
    }
    return size * count;
  }

  static size_t OnBody(char* data, size_t size, size_t count, void* pointer) {
    Transfer& self = *static_cast<Transfer*>(pointer);
    long status = 0;
    curl_easy_getinfo(self.curl_.get(), CURLINFO_RESPONSE_CODE, &status);
    // What comes with an error is not the file.
    if (status >= 300) return size * count;
    if (self.file_ == nullptr) {
      const bool goes_on = status == 206;
      if (!goes_on) self.begin_ = 0;
      self.file_.reset(std::fopen(self.part_.c_str(), goes_on ? "ab" : "wb"));
      if (self.file_ == nullptr) {
        self.Fail(errno);
        return 0;
      }
      std::ofstream(self.TagPath(), std::ios::binary | std::ios::trunc) << self.tag_;
    }
    const size_t written = std::fwrite(data, 1, size * count, self.file_.get());
    if (written != size * count) self.Fail(errno);
    return written;
  }

  static int OnProgress(void* pointer, curl_off_t total, curl_off_t done, curl_off_t, curl_off_t) noexcept {
    Transfer& self = *static_cast<Transfer*>(pointer);
    try {
      if (!self.request_.progress) return 0;
      // Also while nothing comes, so that the call can be cancelled. What comes before the file is not counted.
      const bool counts = self.file_ != nullptr;
      self.request_.progress(self.begin_ + (counts ? static_cast<uint64_t>(done) : 0),
                             counts && total > 0 ? self.begin_ + static_cast<uint64_t>(total) : 0);
      return 0;
    } catch (...) {
      self.error_ = std::current_exception();
      return 1;
    }
  }

  const DownloadRequest& request_;
  std::string part_;
  std::unique_ptr<CURL, CloseCurl> curl_;
  std::unique_ptr<std::FILE, CloseFile> file_;
  std::unique_ptr<curl_slist, FreeList> headers_;
  uint64_t begin_ = 0;
  std::string tag_;
  std::string stated_sha256_;
  std::exception_ptr error_;
};

void CheckDigest(const DownloadRequest& request, const std::string& part, std::string wanted) {
  if (wanted.empty()) return;
  std::transform(wanted.begin(), wanted.end(), wanted.begin(),
                 [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 'a' - 'A') : c; });
  const std::string found = Sha256OfFile(part);
  if (found == wanted) return;
  std::error_code ignored;
  fs::remove(part, ignored);
  throw Error(ErrorCode::kCorruption,
              fmt::format("{} came with the SHA-256 {} instead of {}", request.address, found, wanted),
              "the file was damaged on its way or replaced: call it again, or check the digest where it was published");
}

}  // namespace

bool DownloadFile(const DownloadRequest& request) {
  std::error_code failed;
  if (fs::exists(request.path, failed)) return true;
  const std::string part = request.path + ".part";
  long status = 0;
  std::string stated;
  for (int attempt = 0; attempt < 2; ++attempt) {
    Transfer transfer(request, part);
    status = transfer.Run();
    stated = transfer.stated_sha256();
    if (status != 416) break;
    // The part is not the beginning of what the server has now.
    fs::remove(part, failed);
  }
  const bool missing = status == 404 || status == 410;
  if (missing && !request.required) return false;
  if (status >= 300 || status < 200) {
    throw Error(missing ? ErrorCode::kNotFound : ErrorCode::kIo,
                fmt::format("{} answered with status {}", request.address, status),
                status == 401 || status == 403
                    ? "the model is not open to everyone: fetch it yourself and give its folder"
                    : "check the model's name, and call it again later");
  }
  // An empty file comes without a body.
  if (!fs::exists(part, failed)) std::ofstream(part, std::ios::binary);
  CheckDigest(request, part, request.sha256.empty() ? stated : request.sha256);
  fs::remove(part + ".etag", failed);
  fs::rename(part, request.path, failed);
  if (failed) {
    throw Error(ErrorCode::kIo, fmt::format("Cannot write \"{}\": {}", request.path, failed.message()),
                "check the folder's permissions");
  }
  return true;
}

}  // namespace rem
