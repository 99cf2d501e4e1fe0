#include "types/json_reader.h"

#include <fmt/format.h>
#include <rem/error.h>
#include <simdjson.h>

#include "base/utf8.h"
#include "types/document_assembler.h"
#include "types/document_layout.h"

namespace rem {

namespace {

// simdjson keeps memory in proportion to the largest text it has seen; past this size the parser is made anew.
constexpr size_t kKeptJsonBytes = 1u << 20;

struct Reader {
  simdjson::dom::parser parser;
  DocumentAssembler assembler;
};

Reader& ThreadReader() {
  thread_local auto reader = std::make_unique<Reader>();
  if (!reader) reader = std::make_unique<Reader>();
  return *reader;
}

// Copies a parsed value into the assembler. False when the value is one that a document cannot hold; the explainer
// finds out why.
class Walk {
 public:
  // Texts of JSON without a backslash cannot hold NUL, and simdjson has checked their UTF-8. An escape can make NUL or
  // half a surrogate pair.
  Walk(DocumentAssembler& assembler, bool has_escapes) : assembler_(assembler), has_escapes_(has_escapes) {}

  bool Value(simdjson::dom::element element) {
    switch (element.type()) {
      case simdjson::dom::element_type::NULL_VALUE:
        assembler_.Null();
        return true;
      case simdjson::dom::element_type::BOOL:
        assembler_.Bool(element.get_bool().value_unsafe());
        return true;
      case simdjson::dom::element_type::INT64:
        assembler_.Int(element.get_int64().value_unsafe());
        return true;
      case simdjson::dom::element_type::UINT64:
        return false;
      case simdjson::dom::element_type::DOUBLE:
        assembler_.Double(element.get_double().value_unsafe());
        return true;
      case simdjson::dom::element_type::STRING: {
        const std::string_view text = element.get_string().value_unsafe();
        if (!IsGood(text)) return false;
        assembler_.Text(text);
        return true;
      }
      case simdjson::dom::element_type::ARRAY:
        return Array(element.get_array().value_unsafe());
      case simdjson::dom::element_type::OBJECT:
        return Object(element.get_object().value_unsafe());
    }
    return false;
  }

 private:
  bool IsGood(std::string_view text) const {
    return !has_escapes_ || (text.find('\0') == std::string_view::npos && IsValidUtf8(text));
  }

  bool Array(simdjson::dom::array array) {
    assembler_.BeginArray();
    for (const simdjson::dom::element element : array) {
      if (!Value(element)) return false;
    }
    assembler_.EndArray();
    return true;
  }

  bool Object(simdjson::dom::object object) {
    assembler_.BeginObject();
    for (const auto member : object) {
      if (!IsGood(member.key)) return false;
      assembler_.Key(member.key);
      if (!Value(member.value)) return false;
    }
    assembler_.EndObject();
    return true;
  }

  DocumentAssembler& assembler_;
  bool has_escapes_;
};

}  // namespace

std::string ReadJson(std::string_view json, const DocumentLimits& limits) {
  if (json.size() > std::min(limits.max_bytes, kMaxDocumentBytes)) {
    throw Error(ErrorCode::kLimitExceeded,
                fmt::format("JSON text is larger than the limit: {} bytes, limit {}", json.size(), limits.max_bytes),
                "split it into several records, or raise max_record_bytes");
  }
  Reader& reader = ThreadReader();
  reader.assembler.SetLimits(limits);
  reader.assembler.Reset();
  const bool has_escapes = json.find('\\') != std::string_view::npos;
  std::string bytes;
  std::string reason;
  std::exception_ptr failure;
  simdjson::dom::element root;
  const auto error = reader.parser.parse(json.data(), json.size()).get(root);
  if (error != simdjson::SUCCESS) {
    reason = simdjson::error_message(error);
  } else {
    try {
      if (Walk(reader.assembler, has_escapes).Value(root)) bytes = reader.assembler.bytes();
    } catch (const Error&) {
      failure = std::current_exception();
    }
  }
  if (json.size() > kKeptJsonBytes) reader.parser = simdjson::dom::parser();
  reader.assembler.Shrink();
  if (!bytes.empty()) return bytes;

  ExplainInvalidJson(json, limits);
  if (failure) std::rethrow_exception(failure);
  throw Error(ErrorCode::kInvalidJson, fmt::format("invalid JSON: {}", reason), "check the text with a JSON validator");
}

}  // namespace rem
