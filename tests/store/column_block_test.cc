#include "store/column_block.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <rem/document.h>

#include "base/random.h"

namespace rem {
namespace {

// A value of a type, or NULL, the same one for the same seed.
Value SomeValue(LogicalType type, uint64_t seed) {
  Random random(seed * 31 + static_cast<uint64_t>(type) + 1);
  if (random.Below(4) == 0) return {};
  const auto number = static_cast<int64_t>(random.Below(1000));
  switch (type) {
    case LogicalType::kText:
      return std::string(random.Below(3) * random.Below(40), static_cast<char>('a' + number % 26));
    case LogicalType::kInt:
      return number;
    case LogicalType::kDouble:
      return static_cast<double>(number) / 8;
    case LogicalType::kBool:
      return number % 2 == 0;
    case LogicalType::kUuid: {
      Uuid uuid;
      for (uint8_t& byte : uuid.bytes) byte = static_cast<uint8_t>(random.Next());
      return uuid;
    }
    case LogicalType::kVector:
      return VectorValue(3, static_cast<float>(number));
    default:
      return Document::FromJson("{\"n\": [" + std::to_string(number) + "]}");
  }
}

// Blocks are made of several batches, some without NULLs, and own all that they point to.
TEST(ColumnBlockBuilderTest, KeepsCellsOfEveryTypeFromBatchesThatAreGone) {
  const std::vector<LogicalType> types = {LogicalType::kText, LogicalType::kInt,  LogicalType::kDouble,
                                          LogicalType::kBool, LogicalType::kUuid, LogicalType::kVector,
                                          LogicalType::kJson};
  const std::vector<size_t> numbers = {6, 5, 4, 3, 2, 1, 0};
  constexpr uint64_t kBlock = 3;
  ColumnBlockBuilder builder;
  // A builder is used for one block after the other.
  for (uint64_t round = 0; round < 3; ++round) {
    builder.Start(kBlock, numbers, types);
    std::vector<std::vector<Value>> expected(types.size());
    std::vector<uint16_t> offsets;
    for (const size_t rows : {1, 64, 0, 700}) {
      std::vector<RowId> ids;
      std::vector<Column> columns;
      std::vector<const Column*> pointers;
      for (size_t row = 0; row < rows; ++row) {
        offsets.push_back(static_cast<uint16_t>(2 * offsets.size()));
        ids.push_back(kBlock * kColumnBlockRows + offsets.back());
      }
      columns.reserve(types.size());
      for (size_t i = 0; i < types.size(); ++i) {
        Column& column = columns.emplace_back(types[i]);
        column.Reset(rows);
        for (size_t row = 0; row < rows; ++row) {
          Value value = SomeValue(types[i], round * 1000 + offsets.size() - rows + row);
          // The second batch has no NULLs.
          for (uint64_t other = 5000; rows == 64 && value.IsNull(); ++other) value = SomeValue(types[i], other);
          column.Set(row, value);
          expected[i].push_back(std::move(value));
        }
        pointers.push_back(&column);
      }
      builder.Add(ids, pointers);
    }
    size_t visited = 0;
    const ColumnBlock block = builder.Finish(nullptr, [&](size_t number, Column& column) {
      EXPECT_EQ(column.type(), types[types.size() - 1 - number]);
      ++visited;
    });
    EXPECT_EQ(visited, types.size());
    ASSERT_EQ(block.offsets, offsets);
    for (size_t i = 0; i < types.size(); ++i) {
      const Column* column = block.column(numbers[i]);
      ASSERT_NE(column, nullptr);
      for (size_t row = 0; row < offsets.size(); ++row)
        EXPECT_EQ(column->Get(row), expected[i][row]) << i << " " << row;
    }
  }
}

// A block is as large as its cells: the memory of texts is not rounded up.
TEST(ColumnBlockBuilderTest, TakesNoMoreThanItsTexts) {
  Column texts(LogicalType::kText);
  texts.Reset(kColumnBlockRows);
  std::vector<RowId> ids;
  for (size_t row = 0; row < kColumnBlockRows; ++row) {
    texts.Set(row, Value(std::string(130, 'x')));
    ids.push_back(row);
  }
  ColumnBlockBuilder builder;
  const size_t number = 0;
  const LogicalType type = LogicalType::kText;
  builder.Start(0, {&number, 1}, {&type, 1});
  const Column* column = &texts;
  builder.Add(ids, {&column, 1});
  const ColumnBlock block = builder.Finish(nullptr, [](size_t, Column&) {});
  EXPECT_LT(block.memory_bytes(), kColumnBlockRows * (130 + sizeof(std::string_view) + sizeof(uint16_t)) + 1024);
}

}  // namespace
}  // namespace rem
