#include "sql/parser/prepare.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <rem/error.h>

#include "base/utf8.h"
#include "sql/parser/ast_limits.h"
#include "sql/parser/ast_names.h"
#include "sql/parser/scanner.h"

namespace rem::sql {

namespace {

constexpr size_t kMaxTokenDepth = kMaxExpressionDepth;

template <size_t n>
bool Contains(const std::array<std::string_view, n>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Words after which an operand comes, so that a `?` there is a parameter.
bool ExpectsOperand(std::string_view word) {
  static constexpr std::array<std::string_view, 34> kWords = {
      "select",    "where",   "and",  "or",    "not",   "like",   "ilike",    "between", "limit",
      "offset",    "in",      "then", "else",  "when",  "case",   "by",       "on",      "having",
      "values",    "set",     "any",  "all",   "some",  "escape", "from",     "for",     "distinct",
      "returning", "similar", "to",   "fetch", "first", "next",   "symmetric"};
  return Contains(kWords, word);
}

/// Words that make a tree deeper when they follow each other.
bool Nests(std::string_view word) {
  static constexpr std::array<std::string_view, 16> kWords = {
      "not",       "is",   "isnull", "notnull", "collate", "at",    "union",   "except",
      "intersect", "join", "case",   "select",  "like",    "ilike", "similar", "operator"};
  return Contains(kWords, word);
}

/// Words that begin an expression of its own beside the ones before it.
bool Resets(std::string_view word) {
  static constexpr std::array<std::string_view, 9> kWords = {"and",   "or",   "where", "limit", "offset",
                                                             "order", "then", "else",  "when"};
  return Contains(kWords, word);
}

// Bounds the depth of the tree that the parser will build, since its own recursion has no bound: what lies in
// parentheses and CASE inside each other, plus the operators that follow each other at each level.
class DepthBound {
 public:
  void Open() { levels_.push_back(0); }
  void Close() {
    if (levels_.size() == 1) return;
    const size_t inner = levels_.back() + 1;
    levels_.pop_back();
    total_ -= inner - 1;
    Raise(inner);
  }
  void Step() {
    ++levels_.back();
    ++total_;
  }
  void Reset() {
    total_ -= levels_.back();
    levels_.back() = 0;
  }
  size_t depth() const { return total_ + levels_.size(); }

 private:
  void Raise(size_t to) {
    if (levels_.back() >= to) return;
    total_ += to - levels_.back();
    levels_.back() = to;
  }

  std::vector<size_t> levels_ = {0};
  size_t total_ = 0;
};

void CheckText(std::string_view sql) {
  if (sql.size() > kMaxStatementBytes) {
    throw Error(ErrorCode::kLimitExceeded, fmt::format("statement is too long: {} bytes", sql.size()),
                "a statement has at most 1 MB; pass large values as parameters");
  }
  if (const size_t nul = sql.find('\0'); nul != std::string_view::npos) {
    throw Error(ErrorCode::kSyntax, "statement holds a NUL character", "remove it: text cannot hold NUL")
        .WithPosition(static_cast<int>(nul + 1));
  }
  if (!IsValidUtf8(sql))
    throw Error(ErrorCode::kSyntax, "statement is not valid UTF-8", "encode the statement as UTF-8");
}

class Preparer {
 public:
  explicit Preparer(std::string_view sql) : sql_(sql), scanner_(sql) {}

  PreparedText Run() {
    for (Token token = scanner_.Next(); token.kind != TokenKind::kEnd; token = scanner_.Next()) {
      Visit(token);
      if (bound_.depth() > kMaxTokenDepth) {
        throw Error(
            ErrorCode::kLimitExceeded, "statement is nested too deeply",
            fmt::format("expressions nest at most {} deep; IN (...) replaces long chains of OR", kMaxExpressionDepth))
            .WithPosition(CharacterPosition(sql_, token.begin));
      }
    }
    out_.text.append(sql_.substr(copied_));
    out_.parameter_count = std::max(questions_, highest_);
    if (questions_ > 0 && highest_ > 0) {
      throw Error(ErrorCode::kSyntax, "statement mixes parameters ? and $1", "use one kind of parameter")
          .WithPosition(first_question_);
    }
    return std::move(out_);
  }

 private:
  void Visit(const Token& token) {
    const std::string_view text = scanner_.Text(token);
    switch (token.kind) {
      case TokenKind::kWord:
        VisitWord(FoldName(text));
        break;
      case TokenKind::kQuestion:
        VisitQuestion(token);
        break;
      case TokenKind::kParameter: {
        int number = 0;
        for (const char c : text.substr(1)) number = std::min(number * 10 + (c - '0'), kMaxParameters + 1);
        CheckNumber(number, token);
        highest_ = std::max(highest_, number);
        operand_before_ = true;
        break;
      }
      case TokenKind::kOperator:
        bound_.Step();
        // A star is an operand in count(*) and SELECT *; as a parameter cannot follow there, it may count as an
        // operator.
        operand_before_ = false;
        break;
      case TokenKind::kPunctuation:
        VisitPunctuation(text[0]);
        break;
      default:
        operand_before_ = true;
    }
  }

  void VisitWord(const std::string& word) {
    if (Resets(word)) bound_.Reset();
    if (Nests(word)) bound_.Step();
    if (word == "case") bound_.Open();
    if (word == "end") bound_.Close();
    operand_before_ = !ExpectsOperand(word);
  }

  void VisitPunctuation(char c) {
    if (c == '(' || c == '[') bound_.Open();
    if (c == ')' || c == ']') bound_.Close();
    if (c == ',' || c == ';') bound_.Reset();
    if (c == ':') bound_.Step();
    operand_before_ = c == ')' || c == ']';
  }

  void VisitQuestion(const Token& token) {
    if (operand_before_) {
      bound_.Step();
      operand_before_ = false;
      return;
    }
    CheckNumber(++questions_, token);
    if (questions_ == 1) first_question_ = CharacterPosition(sql_, token.begin);
    out_.text.append(sql_.substr(copied_, token.begin - copied_));
    out_.text += fmt::format("${}", questions_);
    copied_ = token.end;
    out_.shifts.emplace_back(out_.text.size(), copied_);
    operand_before_ = true;
  }

  void CheckNumber(int number, const Token& token) {
    if (number > 0 && number <= kMaxParameters) return;
    throw Error(ErrorCode::kLimitExceeded, "parameter number is out of range",
                fmt::format("parameters are $1 to ${}", kMaxParameters))
        .WithPosition(CharacterPosition(sql_, token.begin));
  }

  std::string_view sql_;
  Scanner scanner_;
  PreparedText out_;
  DepthBound bound_;
  size_t copied_ = 0;
  int questions_ = 0;
  int highest_ = 0;
  int first_question_ = 0;
  bool operand_before_ = false;
};

}  // namespace

size_t PreparedText::OriginalOffset(size_t offset) const {
  const auto behind = std::upper_bound(shifts.begin(), shifts.end(), offset,
                                       [](size_t at, const auto& shift) { return at < shift.first; });
  if (behind == shifts.begin()) return offset;
  const auto& [here, original] = *std::prev(behind);
  return original + (offset - here);
}

PreparedText PrepareText(std::string_view sql) {
  CheckText(sql);
  return Preparer(sql).Run();
}

int CharacterPosition(std::string_view sql, size_t offset) {
  int position = 1;
  for (const char c : sql.substr(0, offset)) position += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return position;
}

}  // namespace rem::sql
