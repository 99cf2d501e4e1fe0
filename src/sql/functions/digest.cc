#include <openssl/evp.h>

#include "sql/functions/by_value.h"
#include "types/array_text.h"

namespace rem::sql {

namespace {

using enum LogicalType;

std::string Digest(const EVP_MD* algorithm, std::string_view bytes) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  // A build of OpenSSL that obeys FIPS has no MD5.
  if (algorithm == nullptr || EVP_Digest(bytes.data(), bytes.size(), out, &length, algorithm, nullptr) != 1)
    throw Error(ErrorCode::kInternal, "could not compute hash: the system's OpenSSL refuses it");
  return {reinterpret_cast<const char*>(out), length};
}

Value Md5(const Value* a, size_t, LogicalType) {
  return Value(FormatBytea(Digest(EVP_md5(), a[0].raw_text())).substr(2));
}
template <const EVP_MD* (*Algorithm)()>
Value Sha(const Value* a, size_t, LogicalType type) {
  return Value::OfText(type, Digest(Algorithm(), a[0].AsBytes()));
}

}  // namespace

void AddDigestFunctions(std::vector<Function>& out) {
  const auto add = [&](std::string_view name, LogicalType argument, LogicalType result, Kernel kernel) {
    out.push_back({name, {argument}, result, kernel});
  };
  add("md5", kText, kText, ByValue<Md5>);
  add("md5", kBytea, kText, ByValue<Md5>);
  add("sha224", kBytea, kBytea, ByValue<Sha<EVP_sha224>>);
  add("sha256", kBytea, kBytea, ByValue<Sha<EVP_sha256>>);
  add("sha384", kBytea, kBytea, ByValue<Sha<EVP_sha384>>);
  add("sha512", kBytea, kBytea, ByValue<Sha<EVP_sha512>>);
}

}  // namespace rem::sql
