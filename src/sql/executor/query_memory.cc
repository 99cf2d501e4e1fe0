#include "sql/executor/query_memory.h"

#include <map>
#include <string>

#include <fmt/format.h>
#include <rem/error.h>

#include "sql/executor/statement_state.h"

namespace rem::sql {

void QueryMemory::Refuse(size_t wanted) {
  std::map<std::string, size_t> held;
  {
    const std::lock_guard lock(mutex_);
    for (const MemoryUse* user : users_) held[user->what_] += user->held_.load(std::memory_order_relaxed);
  }
  std::string text;
  for (const auto& [what, bytes] : held) text += fmt::format("{}{} {} bytes", text.empty() ? "" : ", ", what, bytes);
  throw Error(ErrorCode::kLimitExceeded,
              fmt::format("query needs more memory than it may use: {} of {} bytes", wanted, limit_),
              fmt::format("select fewer rows or columns, or raise the memory limit; held by {}", text))
      .WithSqlState("53200");
}

MemoryUse::MemoryUse(const ExecContext& context, const char* what)
    : memory_(context.statement->memory), what_(what), profile_(context.statement->profiled) {}

MemoryUse::~MemoryUse() {
  if (!known_) return;
  const size_t held = held_.load(std::memory_order_relaxed);
  memory_.used_.fetch_sub(held, std::memory_order_relaxed);
  if (profile_ != nullptr) profile_->AddMemory(-held);
  const std::lock_guard lock(memory_.mutex_);
  std::erase(memory_.users_, this);
}

void MemoryUse::Set(size_t bytes) {
  if (!known_) {
    const std::lock_guard lock(memory_.mutex_);
    memory_.users_.push_back(this);
    known_ = true;
  }
  const size_t before = held_.load(std::memory_order_relaxed);
  held_.store(bytes, std::memory_order_relaxed);
  if (profile_ != nullptr) profile_->AddMemory(bytes - before);
  // Unsigned differences wrap around to the right sum.
  const size_t now = memory_.used_.fetch_add(bytes - before, std::memory_order_relaxed) + (bytes - before);
  if (bytes > before && now > memory_.limit_) memory_.Refuse(now);
}

}  // namespace rem::sql
