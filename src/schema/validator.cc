#include "schema/validator.h"

#include <re2/re2.h>

#include "base/check.h"
#include "schema/evaluator.h"
#include "schema/program.h"
#include "schema/schema_compiler.h"

namespace rem {

Validator::Program::Program() = default;
Validator::Program::~Program() = default;

Validator::Validator(std::unique_ptr<const Program> program) : program_(std::move(program)) {}
Validator::Validator(Validator&&) noexcept = default;
Validator& Validator::operator=(Validator&&) noexcept = default;
Validator::~Validator() = default;

Validator Validator::Compile(const DocumentView& schema, const ValidatorOptions& options) {
  auto program = std::make_unique<Program>();
  program->options = options;
  program->documents.push_back(Document::Copy(schema));
  SchemaCompiler(*program).Compile(program->documents.front());
  // What is needed of the known schemas was copied.
  program->options.known_schemas.clear();
  return Validator(std::move(program));
}

bool Validator::IsValid(const DocumentView& instance) const { return Evaluator(*program_, instance, nullptr).Run(); }

std::vector<Violation> Validator::Validate(const DocumentView& instance) const {
  std::vector<Violation> violations;
  if (IsValid(instance)) return violations;
  Evaluator(*program_, instance, &violations).Run();
  REM_CHECK(!violations.empty());
  return violations;
}

}  // namespace rem
