#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <rem/document.h>

namespace rem {

enum class Draft : uint8_t { k7, k2019, k2020 };

/// Which keywords mean something: the draft, less the vocabularies that a metaschema leaves out.
struct Dialect {
  Draft draft = Draft::k2020;
  bool applicators = true;
  bool validation = true;
  bool unevaluated = true;
};

/// A schema resource: a document's root or a subschema with an $id, and what may be named inside it.
struct SchemaResource {
  std::string uri;  ///< Absolute where a base is known; without fragment.
  DocumentView root;
  Dialect dialect;
  std::map<std::string, DocumentView, std::less<>> anchors;
  std::map<std::string, DocumentView, std::less<>> dynamic_anchors;
  bool recursive_anchor = false;
};

/// Where a subschema lies.
struct SchemaPlace {
  uint32_t resource = 0;
  std::string location;
};

/// Finds resources and anchors in schema documents and resolves references between them (JSON Schema Core, sections 8
/// and 9). A subschema is known by the address of its bytes.
class SchemaIndex {
 public:
  using KnownSchemas = std::vector<std::pair<std::string, Document>>;

  /// Documents that references pull in are appended to `documents`.
  SchemaIndex(const KnownSchemas& known, std::deque<Document>& documents) : known_(known), documents_(documents) {}

  void AddRoot(const DocumentView& root);

  struct Target {
    DocumentView schema;
    uint32_t resource = 0;  ///< That the reference's URI names.
    std::string anchor;     ///< The fragment where it is a plain name, else empty.
  };
  /// `keyword` and `from` are for the message. Errors: kInvalidSchema where nothing is there.
  Target Resolve(uint32_t from_resource, std::string_view reference, std::string_view keyword, std::string_view from);

  const SchemaPlace& PlaceOf(const DocumentView& schema) const;
  const SchemaResource& resource(uint32_t id) const { return resources_[id]; }
  uint32_t resource_count() const { return static_cast<uint32_t>(resources_.size()); }

 private:
  void AddDocument(const DocumentView& root, const std::string& uri, const std::string& prefix,
                   const Dialect& fallback);
  void Walk(const DocumentView& schema, uint32_t resource, const std::string& location);
  void WalkChildren(const DocumentView& schema, uint32_t resource, const std::string& location);
  uint32_t EnterResource(const DocumentView& schema, uint32_t resource, const std::string& location);
  void ReadAnchors(const DocumentView& schema, uint32_t resource, const std::string& location);
  Dialect ReadDialect(const DocumentView& schema, const Dialect& fallback, const std::string& location, int depth = 0);
  const Document* FindKnown(std::string_view uri) const;
  bool Load(const std::string& uri, const Dialect& fallback);
  void LoadAllKnown(const Dialect& fallback);
  DocumentView FollowPointer(uint32_t resource, std::string_view pointer, std::string_view reference,
                             std::string_view keyword, std::string_view from);

  const KnownSchemas& known_;
  std::deque<Document>& documents_;
  std::deque<SchemaResource> resources_;
  std::unordered_map<std::string, uint32_t> by_uri_;
  std::unordered_map<const char*, SchemaPlace> places_;
  bool loaded_all_known_ = false;
};

}  // namespace rem
