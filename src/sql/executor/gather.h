#pragma once

#include "sql/executor/operator.h"

namespace rem::sql {

/// Whether operators from `node` downwards may be shared by several threads, for somebody who needs their rows one
/// after the other and in order.
bool MayGather(const ExecContext& context, const PhysicalNode& node);

/// The rows of a part of a plan in the order in which one thread gives them, read by several threads ahead of who asks
/// for them: each takes ranges of the table, and what it found waits until the ranges before it were shown. Threads of
/// the pool never wait: where enough is held they leave, and come again when there is room. The asking thread reads
/// too, and does all of it where no other comes; others are called once the first range was read to its end, so that a
/// LIMIT which that satisfies costs nothing. Reads by itself where sharing is not worth it.
OperatorPtr NewGather(const ExecContext& context, const PhysicalNode& node);

}  // namespace rem::sql
