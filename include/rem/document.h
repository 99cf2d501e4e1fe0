#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rem {

class KeyDictionary;

/// Kind of a node in a document.
enum class NodeKind : uint8_t { kNull, kBool, kInt, kDouble, kText, kArray, kObject };

/// A read-only view of one node of a binary JSON document (format: docs/formats/document.md). Reads one member without
/// decoding the others. Cheap to copy; valid as long as the bytes (and the dictionary, for rows) live.
/// An int is any JSON number written without fraction and exponent that fits 64 bits; every other number is a double.
class DocumentView {
 public:
  DocumentView() = default;  ///< The null node.
  explicit DocumentView(std::string_view bytes, const KeyDictionary* keys = nullptr) : bytes_(bytes), keys_(keys) {}

  NodeKind kind() const;
  bool IsNull() const { return kind() == NodeKind::kNull; }
  bool IsNumber() const { return kind() == NodeKind::kInt || kind() == NodeKind::kDouble; }

  // Each needs the matching kind (checked).
  bool AsBool() const;
  int64_t AsInt() const;
  double AsDouble() const;  ///< Also of an int node.
  std::string_view AsText() const;

  /// Number of elements or members; 0 for scalars.
  size_t size() const;
  /// Element `i` of an array (i < size()).
  DocumentView At(size_t i) const;
  /// Member `i` of an object in stored order (i < size()).
  std::string_view KeyAt(size_t i) const;
  DocumentView ValueAt(size_t i) const;
  /// Member by name; nullopt when absent or when this is no object.
  std::optional<DocumentView> Find(std::string_view key) const;
  /// Walks member names and decimal array indexes, such as {"metadata", "tags", "0"}.
  std::optional<DocumentView> FindPath(std::span<const std::string> path) const;

  std::string_view bytes() const { return bytes_; }
  const KeyDictionary* keys() const { return keys_; }

  /// Compact JSON text. Doubles print their shortest form that reads back equal.
  std::string ToJson() const;
  /// Indented by two spaces.
  std::string ToPrettyJson() const;

  /// Equality as JSON Schema defines it: 1 equals 1.0, order of members does not matter.
  friend bool operator==(const DocumentView& a, const DocumentView& b);

 private:
  std::string_view bytes_ = std::string_view("\0", 1);
  const KeyDictionary* keys_ = nullptr;
};

/// Limits on what a document may hold; going past one is Error(kLimitExceeded) or Error(kInvalidJson) with a hint.
struct DocumentLimits {
  size_t max_bytes = 16u << 20;
  size_t max_depth = 200;
};

/// An owning, immutable binary JSON document with its member names inside.
class Document {
 public:
  Document();  ///< null
  /// Takes bytes that a DocumentBuilder or Document made.
  static Document FromBytes(std::string bytes);
  /// Parses JSON text (RFC 8259). Errors: kInvalidJson with line and column for bad syntax, invalid UTF-8, NUL
  /// characters, duplicate keys, numbers beyond 64-bit integers or beyond double; kLimitExceeded past `limits`.
  static Document FromJson(std::string_view json, const DocumentLimits& limits = {});
  /// Copies any view, replacing dictionary ids by names.
  static Document Copy(const DocumentView& view);

  DocumentView view() const { return DocumentView(bytes_); }
  operator DocumentView() const { return view(); }
  const std::string& bytes() const { return bytes_; }
  std::string ToJson() const { return view().ToJson(); }

  friend bool operator==(const Document& a, const Document& b) { return a.view() == b.view(); }

 private:
  std::string bytes_;
};

/// Builds one Document in a single pass. Calls nest: BeginObject, Key, a value, ..., EndObject. Wrong nesting is
/// Error(kInternal); bad data (duplicate key, invalid UTF-8, NUL, NaN, too deep, too large) is as in
/// Document::FromJson. Reusable: Finish() resets it and keeps its memory.
class DocumentBuilder {
 public:
  explicit DocumentBuilder(DocumentLimits limits = {});
  ~DocumentBuilder();
  DocumentBuilder(DocumentBuilder&&) noexcept;
  DocumentBuilder& operator=(DocumentBuilder&&) noexcept;

  void Null();
  void Bool(bool value);
  void Int(int64_t value);
  void Double(double value);
  void Text(std::string_view value);
  void Copy(const DocumentView& value);
  void BeginArray();
  void EndArray();
  void BeginObject();
  void Key(std::string_view name);
  void EndObject();

  Document Finish();
  /// Forgets what was built so far, for use after an error.
  void Reset();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Applies a JSON Merge Patch (RFC 7396): null removes, objects merge, anything else replaces.
Document MergePatch(const DocumentView& target, const DocumentView& patch);

}  // namespace rem
