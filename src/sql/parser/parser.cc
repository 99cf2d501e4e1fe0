#include "sql/parser/parser.h"

#include <memory>

#include <fmt/format.h>
#include <pg_query.h>
#include <rem/error.h>

#include "sql/parser/prepare.h"
#include "sql/parser/transform.h"

namespace rem::sql {

namespace {

struct FreeParse {
  void operator()(PgQueryProtobufParseResult* result) const { pg_query_free_protobuf_parse_result(*result); }
};
struct FreeTree {
  void operator()(PgQuery__ParseResult* tree) const { pg_query__parse_result__free_unpacked(tree, nullptr); }
};
using TreePtr = std::unique_ptr<PgQuery__ParseResult, FreeTree>;

[[noreturn]] void ThrowSyntax(std::string_view sql, const PreparedText& prepared, const PgQueryError& error) {
  int position = 0;
  if (error.cursorpos > 0) {
    // libpg_query counts characters of the rewritten text.
    size_t offset = 0;
    for (int i = 1; i < error.cursorpos && offset < prepared.text.size(); ++i) {
      do ++offset;
      while (offset < prepared.text.size() && (static_cast<unsigned char>(prepared.text[offset]) & 0xC0) == 0x80);
    }
    position = CharacterPosition(sql, prepared.OriginalOffset(offset));
  }
  const std::string_view message = error.message;
  if (message.find("memory exhausted") != std::string_view::npos) {
    throw Error(ErrorCode::kLimitExceeded, "statement is nested too deeply", "split the statement")
        .WithPosition(position);
  }
  // The grammar's own checks of window frames.
  const bool frame = message.starts_with("frame ");
  throw Error(ErrorCode::kSyntax, std::string(message),
              "the dialect is PostgreSQL's; docs/sql/overview.md lists what works")
      .WithSqlState(frame ? "42P20" : "42601")
      .WithPosition(position);
}

TreePtr ParseTree(std::string_view sql, const PreparedText& prepared) {
  PgQueryProtobufParseResult result = pg_query_parse_protobuf(prepared.text.c_str());
  const std::unique_ptr<PgQueryProtobufParseResult, FreeParse> guard(&result);
  if (result.error != nullptr) ThrowSyntax(sql, prepared, *result.error);
  TreePtr tree(pg_query__parse_result__unpack(nullptr, result.parse_tree.len,
                                              reinterpret_cast<const uint8_t*>(result.parse_tree.data)));
  if (tree == nullptr) throw Error(ErrorCode::kInternal, "parse tree cannot be read", "please report the statement");
  return tree;
}

}  // namespace

ast::SelectPtr ParseViewQuery(std::string_view sql) {
  ast::Statement statement = ParseStatement(sql);
  auto* select = std::get_if<ast::SelectPtr>(&statement.body);
  if (select == nullptr || statement.parameter_count != 0 || statement.explain)
    throw Error(ErrorCode::kCorruption, "the stored query of a view is no query", "drop the view and make it again");
  return std::move(*select);
}

ast::Statement ParseStatement(std::string_view sql) {
  const PreparedText prepared = PrepareText(sql);
  const TreePtr tree = ParseTree(sql, prepared);
  if (tree->n_stmts == 0) throw Error(ErrorCode::kSyntax, "statement is empty", "write a SELECT");
  if (tree->n_stmts > 1) {
    throw Error(ErrorCode::kSyntax, "cannot run several statements at once", "send them one by one")
        .WithPosition(
            CharacterPosition(sql, prepared.OriginalOffset(static_cast<size_t>(tree->stmts[1]->stmt_location))));
  }
  ast::Statement statement = TransformStatement(sql, prepared, *tree->stmts[0]->stmt);
  statement.parameter_count = prepared.parameter_count;
  return statement;
}

}  // namespace rem::sql
