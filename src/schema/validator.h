#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <rem/document.h>

namespace rem {

/// One broken rule.
struct Violation {
  std::string instance_path;  ///< JSON Pointer into the record: "/address/zip"; "" is the record itself.
  std::string rule;     ///< JSON Pointer to the keyword in the schema: "/properties/address/properties/zip/pattern".
  std::string message;  ///< "expected integer, found text \"abc\"", with the value shortened.
};

struct ValidatorOptions {
  /// `format` is an assertion (the default), else an annotation.
  bool assert_formats = true;
  /// Nesting of instance and of references that validation follows; deeper is a violation, not a crash.
  size_t max_depth = 200;
  /// Violations reported before validation stops.
  size_t max_violations = 10;
  /// Schemas that $ref may name besides those inside the schema itself, by absolute URI.
  std::vector<std::pair<std::string, Document>> known_schemas;
};

/// A JSON Schema (draft 2020-12; draft 7 where $schema says so) compiled once into a flat program; validating allocates
/// nothing while the record is valid. Immutable and thread-safe.
class Validator {
 public:
  /// Errors: kInvalidSchema with the place in the schema, what is wrong and a hint (unresolved $ref, bad pattern, wrong
  /// keyword type, reference that never ends, more than a limit of subschemas). Never fetches anything.
  static Validator Compile(const DocumentView& schema, const ValidatorOptions& options = {});
  Validator(Validator&&) noexcept;
  Validator& operator=(Validator&&) noexcept;
  ~Validator();

  bool IsValid(const DocumentView& instance) const;
  /// Empty when valid.
  std::vector<Violation> Validate(const DocumentView& instance) const;

  /// The instance with absent properties that have a `default` filled in, nested ones too (through properties, items
  /// and $ref; not through anyOf/oneOf/if). nullopt when nothing is missing.
  std::optional<Document> FillDefaults(const DocumentView& instance) const;

  /// The compiled form; defined for this folder alone.
  struct Program;

 private:
  explicit Validator(std::unique_ptr<const Program> program);
  std::unique_ptr<const Program> program_;
};

}  // namespace rem
