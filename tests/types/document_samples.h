#pragma once

#include <string>

#include <gtest/gtest.h>
#include <rem/document.h>
#include <rem/error.h>

#include "base/random.h"

namespace rem {

inline Document Json(std::string_view text) { return Document::FromJson(text); }

/// Runs `action` and returns the Error that it throws; a failure when it throws none.
template <typename Action>
Error ErrorOf(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error was thrown";
  return Error(ErrorCode::kInternal, "none");
}

/// A random document: every kind of node, sizes around the edges of the offset widths.
inline void AppendRandomNode(Random& random, DocumentBuilder& builder, int depth) {
  switch (random.Below(depth > 0 ? 8 : 6)) {
    case 0:
      builder.Null();
      break;
    case 1:
      builder.Bool(random.Below(2) == 1);
      break;
    case 2:
      builder.Int(static_cast<int64_t>(random.Next()) >> random.Below(64));
      break;
    case 3:
      builder.Double(random.Uniform() * 1e9 - 5e8);
      break;
    case 4:
      builder.Int(static_cast<int64_t>(random.Below(4)));
      break;
    case 5:
      builder.Text(std::string(random.Below(12) == 0 ? random.Below(400) : random.Below(8), 'x') + "\"é\n");
      break;
    case 6: {
      builder.BeginArray();
      const uint64_t count = random.Below(random.Below(10) == 0 ? 300 : 5);
      for (uint64_t i = 0; i < count; ++i) AppendRandomNode(random, builder, count > 10 ? 0 : depth - 1);
      builder.EndArray();
      break;
    }
    default: {
      builder.BeginObject();
      const uint64_t count = random.Below(random.Below(10) == 0 ? 300 : 6);
      const uint64_t shift = random.Below(50);
      for (uint64_t i = 0; i < count; ++i) {
        builder.Key(std::string(i % 7, 'k') + std::to_string((i * 7919 + shift) % 1000));
        AppendRandomNode(random, builder, count > 10 ? 0 : depth - 1);
      }
      builder.EndObject();
    }
  }
}

inline Document RandomDocument(Random& random, int depth = 4) {
  DocumentBuilder builder;
  AppendRandomNode(random, builder, depth);
  return builder.Finish();
}

}  // namespace rem
