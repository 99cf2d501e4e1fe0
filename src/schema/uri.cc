#include "schema/uri.h"

#include <algorithm>

namespace rem {

namespace {

bool IsSchemeText(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (text.empty() || !is_letter(text[0])) return false;
  for (const char c : text) {
    if (!is_letter(c) && !(c >= '0' && c <= '9') && c != '+' && c != '-' && c != '.') return false;
  }
  return true;
}

void DropLastSegment(std::string& path) {
  const size_t slash = path.rfind('/');
  path.resize(slash == std::string::npos ? 0 : slash);
}

// RFC 3986 section 5.2.4.
std::string RemoveDotSegments(std::string_view in) {
  std::string out;
  while (!in.empty()) {
    if (in.starts_with("../")) {
      in.remove_prefix(3);
    } else if (in.starts_with("./") || in.starts_with("/./")) {
      in.remove_prefix(2);
    } else if (in == "/.") {
      in = "/";
    } else if (in.starts_with("/../")) {
      in.remove_prefix(3);
      DropLastSegment(out);
    } else if (in == "/..") {
      in = "/";
      DropLastSegment(out);
    } else if (in == "." || in == "..") {
      in = {};
    } else {
      const size_t end = std::min(in.find('/', 1), in.size());
      out.append(in.substr(0, end));
      in.remove_prefix(end);
    }
  }
  return out;
}

std::string MergePaths(const UriParts& base, std::string_view reference) {
  if (base.has_authority && base.path.empty()) return "/" + std::string(reference);
  const size_t slash = base.path.rfind('/');
  if (slash == std::string_view::npos) return std::string(reference);
  return std::string(base.path.substr(0, slash + 1)) + std::string(reference);
}

}  // namespace

UriParts SplitUri(std::string_view uri) {
  UriParts parts;
  if (const size_t hash = uri.find('#'); hash != std::string_view::npos) {
    parts.has_fragment = true;
    parts.fragment = uri.substr(hash + 1);
    uri = uri.substr(0, hash);
  }
  if (const size_t mark = uri.find('?'); mark != std::string_view::npos) {
    parts.has_query = true;
    parts.query = uri.substr(mark + 1);
    uri = uri.substr(0, mark);
  }
  const size_t colon = uri.find(':');
  if (colon != std::string_view::npos && IsSchemeText(uri.substr(0, colon))) {
    parts.has_scheme = true;
    parts.scheme = uri.substr(0, colon);
    uri.remove_prefix(colon + 1);
  }
  if (uri.starts_with("//")) {
    const size_t end = std::min(uri.find('/', 2), uri.size());
    parts.has_authority = true;
    parts.authority = uri.substr(2, end - 2);
    uri.remove_prefix(end);
  }
  parts.path = uri;
  return parts;
}

std::string ResolveUri(std::string_view base_text, std::string_view reference_text) {
  const UriParts base = SplitUri(base_text);
  const UriParts reference = SplitUri(reference_text);
  UriParts target = reference;
  std::string path;
  if (reference.has_scheme) {
    path = RemoveDotSegments(reference.path);
  } else {
    target.scheme = base.scheme;
    target.has_scheme = base.has_scheme;
    if (reference.has_authority) {
      path = RemoveDotSegments(reference.path);
    } else {
      target.authority = base.authority;
      target.has_authority = base.has_authority;
      if (reference.path.empty()) {
        path = base.path;
        if (!reference.has_query) {
          target.query = base.query;
          target.has_query = base.has_query;
        }
      } else {
        path = RemoveDotSegments(reference.path[0] == '/' ? std::string(reference.path)
                                                          : MergePaths(base, reference.path));
      }
    }
  }
  std::string out;
  if (target.has_scheme) (out += target.scheme) += ':';
  if (target.has_authority) (out += "//") += target.authority;
  out += path;
  if (target.has_query) (out += '?') += target.query;
  if (target.has_fragment) (out += '#') += target.fragment;
  return out;
}

std::string_view WithoutFragment(std::string_view uri) { return uri.substr(0, uri.find('#')); }

}  // namespace rem
