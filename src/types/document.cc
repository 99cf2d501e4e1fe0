#include <rem/document.h>

#include <cmath>

#include <fmt/format.h>
#include <rem/error.h>

#include "base/utf8.h"
#include "types/document_assembler.h"
#include "types/document_expander.h"
#include "types/document_layout.h"
#include "types/json_reader.h"

namespace rem {

Document::Document() : bytes_(1, '\0') {}

Document Document::FromBytes(std::string bytes) {
  REM_CHECK(!bytes.empty());
  Document document;
  document.bytes_ = std::move(bytes);
  return document;
}

Document Document::FromJson(std::string_view json, const DocumentLimits& limits) {
  return FromBytes(ReadJson(json, limits));
}

Document Document::Copy(const DocumentView& view) {
  if (view.keys() == nullptr) return FromBytes(std::string(view.bytes()));
  return FromBytes(ExpandNames(view.bytes(), *view.keys()));
}

struct DocumentBuilder::State {
  explicit State(DocumentLimits limits) : assembler(limits) {}

  DocumentAssembler assembler;
  // Nesting: whether the root is complete, and whether a member's name waits for its value.
  bool done = false;
  bool has_key = false;

  void BeforeValue() {
    if (done) throw Error(ErrorCode::kInternal, "document builder: the document is complete already");
    if (assembler.InObject() && !has_key)
      throw Error(ErrorCode::kInternal, "document builder: a value in an object needs its key first");
    has_key = false;
  }
  void AfterValue() { done = assembler.depth() == 0; }
};

namespace {

void CheckText(std::string_view text, std::string_view what) {
  if (text.find('\0') != std::string_view::npos) {
    throw Error(ErrorCode::kInvalidJson, fmt::format("{} holds a NUL character (U+0000)", what),
                "PostgreSQL text cannot hold NUL; remove it or encode the data, as base64 for example");
  }
  if (!IsValidUtf8(text)) {
    throw Error(ErrorCode::kInvalidJson, fmt::format("{} is not valid UTF-8", what),
                "convert it to UTF-8, or encode binary data as base64");
  }
}

}  // namespace

DocumentBuilder::DocumentBuilder(DocumentLimits limits) : state_(std::make_unique<State>(limits)) {}
DocumentBuilder::~DocumentBuilder() = default;
DocumentBuilder::DocumentBuilder(DocumentBuilder&&) noexcept = default;
DocumentBuilder& DocumentBuilder::operator=(DocumentBuilder&&) noexcept = default;

void DocumentBuilder::Null() {
  state_->BeforeValue();
  state_->assembler.Null();
  state_->AfterValue();
}

void DocumentBuilder::Bool(bool value) {
  state_->BeforeValue();
  state_->assembler.Bool(value);
  state_->AfterValue();
}

void DocumentBuilder::Int(int64_t value) {
  state_->BeforeValue();
  state_->assembler.Int(value);
  state_->AfterValue();
}

void DocumentBuilder::Double(double value) {
  if (!std::isfinite(value)) {
    throw Error(ErrorCode::kInvalidJson, fmt::format("number is not finite: {}", value),
                "JSON has no NaN and no Infinity; use null or a text");
  }
  state_->BeforeValue();
  state_->assembler.Double(value);
  state_->AfterValue();
}

void DocumentBuilder::Text(std::string_view value) {
  CheckText(value, "text");
  state_->BeforeValue();
  state_->assembler.Text(value);
  state_->AfterValue();
}

void DocumentBuilder::Copy(const DocumentView& value) {
  state_->BeforeValue();
  state_->assembler.Copy(value);
  state_->AfterValue();
}

void DocumentBuilder::BeginArray() {
  state_->BeforeValue();
  state_->assembler.BeginArray();
}

void DocumentBuilder::EndArray() {
  if (state_->assembler.depth() == 0 || state_->assembler.InObject()) {
    throw Error(ErrorCode::kInternal, "document builder: EndArray without BeginArray");
  }
  state_->assembler.EndArray();
  state_->AfterValue();
}

void DocumentBuilder::BeginObject() {
  state_->BeforeValue();
  state_->assembler.BeginObject();
}

void DocumentBuilder::Key(std::string_view name) {
  CheckText(name, "object key");
  if (!state_->assembler.InObject() || state_->has_key) {
    throw Error(ErrorCode::kInternal,
                "document builder: a key is only possible in an object, after the previous member's value");
  }
  state_->assembler.Key(name);
  state_->has_key = true;
}

void DocumentBuilder::EndObject() {
  if (!state_->assembler.InObject() || state_->has_key) {
    throw Error(ErrorCode::kInternal,
                "document builder: EndObject without BeginObject, or with a key that has no value");
  }
  state_->assembler.EndObject();
  state_->AfterValue();
}

Document DocumentBuilder::Finish() {
  if (!state_->done) throw Error(ErrorCode::kInternal, "document builder: Finish before the document is complete");
  Document document = Document::FromBytes(state_->assembler.bytes());
  Reset();
  return document;
}

void DocumentBuilder::Reset() {
  state_->assembler.Reset();
  state_->assembler.Shrink();
  state_->done = false;
  state_->has_key = false;
}

}  // namespace rem
