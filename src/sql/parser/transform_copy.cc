#include <array>
#include <optional>
#include <string>

#include <pg_query.h>
#include <rem/error.h>

#include "sql/parser/transform_define.h"

namespace rem::sql {
namespace {

[[noreturn]] void Invalid(std::string message, std::string_view hint) {
  throw Error(ErrorCode::kInvalidArgument, std::move(message), std::string(hint));
}

std::string TextOf(const PgQuery__DefElem& option) {
  if (option.arg == nullptr) return "true";
  switch (option.arg->node_case) {
    case PG_QUERY__NODE__NODE_STRING:
      return option.arg->string->sval;
    case PG_QUERY__NODE__NODE_BOOLEAN:
      return option.arg->boolean->boolval ? "true" : "false";
    case PG_QUERY__NODE__NODE_INTEGER:
      return std::to_string(option.arg->integer->ival);
    default:
      ThrowNotSupported("this value of COPY option " + std::string(option.defname), "write a text", 1);
  }
}

bool FlagOf(const PgQuery__DefElem& option) {
  const std::string value = TextOf(option);
  if (value == "true" || value == "on" || value == "1") return true;
  if (value == "false" || value == "off" || value == "0") return false;
  if (value == "match") ThrowNotSupported("HEADER MATCH", "HEADER skips the first line", 1);
  Invalid(std::string(option.defname) + " requires a Boolean value", "write true or false");
}

char CharacterOf(const PgQuery__DefElem& option) {
  const std::string value = TextOf(option);
  const bool one = value.size() == 1 && value != "\n" && value != "\r";
  if (one) return value[0];
  const std::string name = option.defname;
  throw Error(value.size() == 1 ? ErrorCode::kInvalidArgument : ErrorCode::kNotSupported,
              "COPY " + name + " must be a single one-byte character", "for example ','");
}

/// What was written, whose defaults depend on the format.
struct Options {
  std::string format = "text";
  std::optional<char> delimiter, quote, escape;
  std::optional<std::string> null;
  bool header = false;
};

Options ReadOptions(const PgQuery__CopyStmt& node) {
  Options options;
  for (size_t i = 0; i < node.n_options; ++i) {
    const PgQuery__DefElem& option = *node.options[i]->def_elem;
    const std::string_view name = option.defname;
    if (name == "format") {
      options.format = TextOf(option);
    } else if (name == "header") {
      options.header = FlagOf(option);
    } else if (name == "delimiter") {
      options.delimiter = CharacterOf(option);
    } else if (name == "quote") {
      options.quote = CharacterOf(option);
    } else if (name == "escape") {
      options.escape = CharacterOf(option);
    } else if (name == "null") {
      options.null = TextOf(option);
    } else if (name == "encoding") {
      const std::string encoding = TextOf(option);
      if (encoding != "utf8" && encoding != "UTF8" && encoding != "utf-8" && encoding != "UTF-8")
        ThrowNotSupported("COPY in encoding " + encoding, "files are UTF-8", 1);
    } else if (name != "freeze") {
      ThrowNotSupported("COPY option " + std::string(name), "FORMAT, HEADER, DELIMITER, NULL, QUOTE and ESCAPE work",
                        1);
    }
  }
  return options;
}

void Apply(const Options& options, ast::Copy& copy) {
  if (options.format == "binary") ThrowNotSupported("COPY in binary format", "FORMAT text and csv work", 1);
  if (options.format != "text" && options.format != "csv")
    Invalid("COPY format \"" + options.format + "\" not recognized", "FORMAT text and csv work");
  copy.csv = options.format == "csv";
  if (!copy.csv && options.quote) ThrowNotSupported("COPY quote outside of CSV mode", "write FORMAT csv", 1);
  if (!copy.csv && options.escape) ThrowNotSupported("COPY escape outside of CSV mode", "write FORMAT csv", 1);
  copy.header = options.header;
  copy.delimiter = options.delimiter.value_or(copy.csv ? ',' : '\t');
  copy.quote = options.quote.value_or('"');
  copy.escape = options.escape.value_or(copy.quote);
  copy.null = options.null.value_or(copy.csv ? "" : "\\N");
  // As PostgreSQL: what a text line escapes cannot stand between its fields.
  constexpr std::string_view kEscaped = "\\.abcdefghijklmnopqrstuvwxyz0123456789";
  if (!copy.csv && kEscaped.find(copy.delimiter) != std::string_view::npos)
    Invalid(std::string("COPY delimiter cannot be \"") + copy.delimiter + "\"", "for example '|'");
  if (copy.csv && copy.delimiter == copy.quote)
    Invalid("COPY delimiter and quote must be different", "for example DELIMITER ',' QUOTE '\"'");
  if (copy.null.find_first_of("\r\n") != std::string::npos)
    Invalid("COPY null representation cannot use newline or carriage return", "for example NULL ''");
  if (copy.null.find(copy.delimiter) != std::string::npos)
    Invalid("COPY delimiter must not appear in the NULL specification", "choose another one");
}

}  // namespace

ast::Copy TransformCopy(Transformer& t, const PgQuery__CopyStmt& node) {
  ast::Copy copy;
  copy.position = 1;
  copy.from = node.is_from;
  if (node.is_program) ThrowNotSupported("COPY of a program", "name a file", 1);
  if (node.filename == nullptr || *node.filename == 0)
    ThrowNotSupported("COPY with STDIN and STDOUT", "name a file, or INSERT and SELECT", 1);
  copy.file = node.filename;
  if (node.where_clause != nullptr) ThrowNotSupported("COPY ... WHERE", "copy into another table, and select", 1);
  if (node.relation != nullptr) {
    copy.table = t.Table(*node.relation);
    copy.table.name = TableNameOf(*node.relation);
    copy.position = copy.table.position;
    for (size_t i = 0; i < node.n_attlist; ++i) copy.columns.emplace_back(node.attlist[i]->string->sval);
  } else {
    if (node.query->node_case != PG_QUERY__NODE__NODE_SELECT_STMT || node.query->select_stmt->into_clause != nullptr)
      ThrowNotSupported("COPY of this statement", "COPY a SELECT or a table", 1);
    copy.query = t.Select(*node.query->select_stmt);
  }
  Apply(ReadOptions(node), copy);
  return copy;
}

}  // namespace rem::sql
