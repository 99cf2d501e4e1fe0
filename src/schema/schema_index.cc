#include "schema/schema_index.h"

#include <algorithm>

#include <fmt/format.h>

#include <rem/error.h>

#include "base/check.h"
#include "schema/json_pointer.h"
#include "schema/metaschemas.h"
#include "schema/uri.h"

namespace rem {

namespace {

constexpr size_t kMaxPlaces = 400'000;

constexpr std::string_view kSchemaKeywords[] = {
    "additionalProperties", "propertyNames",         "contains",        "items",        "not", "if", "then", "else",
    "unevaluatedItems",     "unevaluatedProperties", "additionalItems", "contentSchema"};
constexpr std::string_view kSchemaListKeywords[] = {"allOf", "anyOf", "oneOf", "prefixItems", "items"};
constexpr std::string_view kSchemaMapKeywords[] = {"properties",  "patternProperties", "$defs",
                                                   "definitions", "dependentSchemas",  "dependencies"};

bool IsSchema(const DocumentView& view) { return view.kind() == NodeKind::kObject || view.kind() == NodeKind::kBool; }

std::string Child(const std::string& location, std::string_view token) {
  std::string child = location;
  AppendPointerToken(child, token);
  return child;
}

std::string_view Shown(std::string_view location) {
  return location.empty() ? std::string_view("the top level") : location;
}

std::optional<std::string_view> TextMember(const DocumentView& schema, std::string_view keyword,
                                           const std::string& location) {
  const auto value = schema.Find(keyword);
  if (!value) return std::nullopt;
  if (value->kind() != NodeKind::kText) {
    throw Error(ErrorCode::kInvalidSchema, fmt::format("\"{}\" at {} is not a text", keyword, Shown(location)),
                "write it as a JSON string");
  }
  return value->AsText();
}

// "http://json-schema.org/draft-07/schema#" -> "json-schema.org/draft-07/schema"
std::string_view DraftName(std::string_view uri) {
  if (uri.ends_with('#')) uri.remove_suffix(1);
  if (uri.starts_with("http://")) return uri.substr(7);
  if (uri.starts_with("https://")) return uri.substr(8);
  return uri;
}

void ReadVocabulary(const DocumentView& metaschema, Dialect& dialect) {
  const auto vocabulary = metaschema.Find("$vocabulary");
  if (!vocabulary || vocabulary->kind() != NodeKind::kObject) return;
  dialect.applicators = dialect.validation = dialect.unevaluated = false;
  for (size_t i = 0; i < vocabulary->size(); ++i) {
    std::string_view name = vocabulary->KeyAt(i);
    const bool required = vocabulary->ValueAt(i).kind() == NodeKind::kBool && vocabulary->ValueAt(i).AsBool();
    const bool of_2020 = name.starts_with("https://json-schema.org/draft/2020-12/vocab/");
    const bool of_2019 = name.starts_with("https://json-schema.org/draft/2019-09/vocab/");
    const std::string_view last = name.substr(name.rfind('/') + 1);
    if (!of_2020 && !of_2019) {
      if (!required) continue;
      throw Error(ErrorCode::kInvalidSchema, fmt::format("vocabulary \"{}\" is required and not known", name),
                  "use the vocabularies of JSON Schema 2020-12, or mark this one as false in \"$vocabulary\"");
    }
    if (last == "applicator") {
      dialect.applicators = true;
      dialect.unevaluated = dialect.unevaluated || of_2019;
    } else if (last == "validation") {
      dialect.validation = true;
    } else if (last == "unevaluated") {
      dialect.unevaluated = true;
    }
  }
}

}  // namespace

void SchemaIndex::AddRoot(const DocumentView& root) { AddDocument(root, "", "", Dialect{}); }

void SchemaIndex::AddDocument(const DocumentView& root, const std::string& uri, const std::string& prefix,
                              const Dialect& fallback) {
  const uint32_t id = resource_count();
  resources_.push_back({.uri = uri, .root = root, .dialect = ReadDialect(root, fallback, prefix)});
  by_uri_.emplace(uri, id);
  Walk(root, id, prefix);
}

Dialect SchemaIndex::ReadDialect(const DocumentView& schema, const Dialect& fallback, const std::string& location,
                                 int depth) {
  if (schema.kind() != NodeKind::kObject) return fallback;
  const auto uri = TextMember(schema, "$schema", location);
  if (!uri) return fallback;
  const std::string_view name = DraftName(*uri);
  if (name == "json-schema.org/draft/2020-12/schema" || name == "json-schema.org/schema") return {Draft::k2020};
  if (name == "json-schema.org/draft/2019-09/schema") return {Draft::k2019};
  if (name == "json-schema.org/draft-07/schema") return {Draft::k7};
  if (name.starts_with("json-schema.org/draft-0")) {
    throw Error(ErrorCode::kNotSupported, fmt::format("not supported yet: JSON Schema {}", name.substr(16, 8)),
                "use draft 2020-12 (\"$schema\": \"https://json-schema.org/draft/2020-12/schema\") or draft 7");
  }
  const Document* metaschema = depth < 8 ? FindKnown(WithoutFragment(*uri)) : nullptr;
  if (metaschema == nullptr) {
    throw Error(ErrorCode::kInvalidSchema,
                fmt::format("\"$schema\" at {} names an unknown dialect \"{}\"", Shown(location), *uri),
                "leave \"$schema\" out or use \"https://json-schema.org/draft/2020-12/schema\"");
  }
  Dialect dialect = ReadDialect(*metaschema, Dialect{}, std::string(*uri), depth + 1);
  ReadVocabulary(*metaschema, dialect);
  return dialect;
}

uint32_t SchemaIndex::EnterResource(const DocumentView& schema, uint32_t resource, const std::string& location) {
  const Draft draft = resources_[resource].dialect.draft;
  const auto id = TextMember(schema, "$id", location);
  if (!id) return resource;
  if (draft == Draft::k7 && (id->starts_with('#') || schema.Find("$ref"))) return resource;
  const UriParts parts = SplitUri(*id);
  // Draft 7 names a schema and an anchor in it by one "$id".
  if (!parts.fragment.empty() && (draft != Draft::k7 || parts.fragment.starts_with('/'))) {
    throw Error(ErrorCode::kInvalidSchema, fmt::format("\"$id\" at {} has a fragment: \"{}\"", Shown(location), *id),
                "name a place inside a schema by \"$anchor\"");
  }
  const std::string uri(WithoutFragment(ResolveUri(resources_[resource].uri, *id)));
  const bool is_root = schema.bytes().data() == resources_[resource].root.bytes().data();
  if (is_root) {
    if (uri != resources_[resource].uri) {
      by_uri_.emplace(uri, resource);
      resources_[resource].uri = uri;
    }
    return resource;
  }
  if (!parts.fragment.empty() && uri == resources_[resource].uri) return resource;
  const uint32_t inner = resource_count();
  resources_.push_back(
      {.uri = uri, .root = schema, .dialect = ReadDialect(schema, resources_[resource].dialect, location)});
  by_uri_.emplace(uri, inner);
  return inner;
}

void SchemaIndex::ReadAnchors(const DocumentView& schema, uint32_t resource_id, const std::string& location) {
  SchemaResource& resource = resources_[resource_id];
  const auto add = [&](std::string_view name) {
    if (resource.anchors.emplace(std::string(name), schema).second) return;
    throw Error(ErrorCode::kInvalidSchema, fmt::format("anchor \"{}\" at {} is there twice", name, Shown(location)),
                "give each anchor a name of its own");
  };
  if (resource.dialect.draft == Draft::k7) {
    const auto id = TextMember(schema, "$id", location);
    const size_t fragment = id ? id->find('#') : std::string_view::npos;
    if (fragment != std::string_view::npos && fragment + 1 < id->size()) add(id->substr(fragment + 1));
    return;
  }
  const auto anchor = TextMember(schema, "$anchor", location);
  if (anchor) add(*anchor);
  if (resource.dialect.draft == Draft::k2019) {
    const auto recursive = schema.Find("$recursiveAnchor");
    const bool is_root = schema.bytes().data() == resource.root.bytes().data();
    if (is_root && recursive && recursive->kind() == NodeKind::kBool) resource.recursive_anchor = recursive->AsBool();
    return;
  }
  const auto dynamic = TextMember(schema, "$dynamicAnchor", location);
  if (!dynamic) return;
  if (!anchor || *anchor != *dynamic) add(*dynamic);
  resource.dynamic_anchors.emplace(std::string(*dynamic), schema);
}

void SchemaIndex::Walk(const DocumentView& schema, uint32_t resource, const std::string& location) {
  if (!IsSchema(schema)) return;
  if (places_.size() >= kMaxPlaces) {
    throw Error(ErrorCode::kInvalidSchema, fmt::format("schema has more than {} subschemas", kMaxPlaces),
                "split it into several tables");
  }
  const bool is_object = schema.kind() == NodeKind::kObject;
  if (is_object) resource = EnterResource(schema, resource, location);
  if (!places_.emplace(schema.bytes().data(), SchemaPlace{resource, location}).second || !is_object) return;
  // In draft 7 nothing beside a $ref is there, except that pointers still reach through it.
  if (resources_[resource].dialect.draft != Draft::k7 || !schema.Find("$ref")) ReadAnchors(schema, resource, location);
  WalkChildren(schema, resource, location);
}

void SchemaIndex::WalkChildren(const DocumentView& schema, uint32_t resource, const std::string& location) {
  for (const std::string_view keyword : kSchemaKeywords) {
    const auto value = schema.Find(keyword);
    if (value) Walk(*value, resource, Child(location, keyword));
  }
  for (const std::string_view keyword : kSchemaListKeywords) {
    const auto value = schema.Find(keyword);
    if (!value || value->kind() != NodeKind::kArray) continue;
    const std::string at = Child(location, keyword);
    for (size_t i = 0; i < value->size(); ++i) Walk(value->At(i), resource, fmt::format("{}/{}", at, i));
  }
  for (const std::string_view keyword : kSchemaMapKeywords) {
    const auto value = schema.Find(keyword);
    if (!value || value->kind() != NodeKind::kObject) continue;
    const std::string at = Child(location, keyword);
    for (size_t i = 0; i < value->size(); ++i) Walk(value->ValueAt(i), resource, Child(at, value->KeyAt(i)));
  }
}

const SchemaPlace& SchemaIndex::PlaceOf(const DocumentView& schema) const {
  const auto found = places_.find(schema.bytes().data());
  REM_CHECK(found != places_.end());
  return found->second;
}

const Document* SchemaIndex::FindKnown(std::string_view uri) const {
  for (const auto& [known_uri, document] : known_) {
    if (WithoutFragment(known_uri) == uri) return &document;
  }
  return nullptr;
}

bool SchemaIndex::Load(const std::string& uri, const Dialect& fallback) {
  const Document* known = FindKnown(uri);
  if (known != nullptr) {
    documents_.push_back(*known);
  } else {
    const std::string_view text = FindMetaschema(uri);
    if (text.empty()) return false;
    documents_.push_back(Document::FromJson(text));
  }
  AddDocument(documents_.back(), uri, uri + "#", fallback);
  return true;
}

// A schema inside a known one may be named by its own $id, which only reading all of them shows.
void SchemaIndex::LoadAllKnown(const Dialect& fallback) {
  if (loaded_all_known_) return;
  loaded_all_known_ = true;
  for (const auto& [uri, document] : known_) {
    const std::string name(WithoutFragment(uri));
    if (!by_uri_.contains(name)) Load(name, fallback);
  }
}

DocumentView SchemaIndex::FollowPointer(uint32_t resource, std::string_view pointer, std::string_view reference,
                                        std::string_view keyword, std::string_view from) {
  const auto fail = [&] {
    throw Error(ErrorCode::kInvalidSchema,
                fmt::format("\"{}\" at {} refers to \"{}\", which does not exist", keyword, Shown(from), reference),
                "check the name after the last \"/\" of the reference; definitions live in \"$defs\"");
  };
  DocumentView at = resources_[resource].root;
  std::string location = PlaceOf(at).location;
  while (!pointer.empty()) {
    const size_t end = std::min(pointer.find('/', 1), pointer.size());
    const auto next = ResolvePointer(at, pointer.substr(0, end));
    if (!next) fail();
    location += pointer.substr(0, end);
    at = *next;
    pointer.remove_prefix(end);
    if (const auto place = places_.find(at.bytes().data()); place != places_.end()) resource = place->second.resource;
  }
  if (!IsSchema(at)) fail();
  if (!places_.contains(at.bytes().data())) Walk(at, resource, location);
  return at;
}

SchemaIndex::Target SchemaIndex::Resolve(uint32_t from_resource, std::string_view reference, std::string_view keyword,
                                         std::string_view from) {
  const auto fail = [&](std::string_view hint) {
    throw Error(ErrorCode::kInvalidSchema,
                fmt::format("\"{}\" at {} refers to \"{}\", which does not exist", keyword, Shown(from), reference),
                std::string(hint));
  };
  const std::string full = ResolveUri(resources_[from_resource].uri, reference);
  const UriParts parts = SplitUri(full);
  const std::string uri(WithoutFragment(full));
  const Dialect fallback = resources_[from_resource].dialect;
  auto found = by_uri_.find(uri);
  if (found == by_uri_.end() && !Load(uri, fallback)) LoadAllKnown(fallback);
  found = by_uri_.find(uri);
  if (found == by_uri_.end()) fail("schemas are never fetched: copy what is referred to into \"$defs\"");
  Target target;
  target.resource = found->second;
  const auto fragment = PercentDecode(parts.fragment);
  if (!fragment) fail("its part after \"#\" has a \"%\" without two hexadecimal digits");
  if (fragment->empty() || (*fragment)[0] == '/') {
    target.schema = FollowPointer(target.resource, *fragment, reference, keyword, from);
    return target;
  }
  const auto& anchors = resources_[target.resource].anchors;
  const auto anchor = anchors.find(*fragment);
  if (anchor == anchors.end()) fail("a reference is \"#/$defs/Name\", \"#anchor\" or the \"$id\" of a schema");
  target.schema = anchor->second;
  target.anchor = *fragment;
  return target;
}

}  // namespace rem
