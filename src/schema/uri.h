#pragma once

#include <string>
#include <string_view>

namespace rem {

/// A URI reference split by RFC 3986 appendix B. A part that is absent has a null data pointer; an empty one has not.
struct UriParts {
  std::string_view scheme;
  std::string_view authority;
  std::string_view path;
  std::string_view query;
  std::string_view fragment;
  bool has_scheme = false;
  bool has_authority = false;
  bool has_query = false;
  bool has_fragment = false;
};

UriParts SplitUri(std::string_view uri);

/// `reference` against `base` by RFC 3986 section 5.2; a base without a scheme is taken as it is.
std::string ResolveUri(std::string_view base, std::string_view reference);

/// Without "#" and what follows.
std::string_view WithoutFragment(std::string_view uri);

}  // namespace rem
