#include "store/place_cache.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "store/store_fixture.h"

namespace rem {
namespace {

TEST(PlaceCacheTest, RemembersTheLastPlaceOfAnIdAndTellsTenantsApart) {
  PlaceCache cache(1 << 20);
  Uuid id = NewUuid(1);
  EXPECT_EQ(cache.Get(1, id), std::nullopt);
  cache.Put(1, id, 7, 1ull << 40);
  EXPECT_EQ(cache.Get(1, id), std::pair(TableId{7}, RowId{1ull << 40}));
  EXPECT_EQ(cache.Get(2, id), std::nullopt);
  EXPECT_EQ(cache.Get(1, NewUuid(1)), std::nullopt);
  cache.Put(1, id, 8, 3);
  EXPECT_EQ(cache.Get(1, id), std::pair(TableId{8}, RowId{3}));
}

TEST(PlaceCacheTest, KeepsNearlyAllOfAsManyIdsAsHalfOfItsEntries) {
  constexpr size_t kIds = 4096;
  PlaceCache cache(2 * kIds * PlaceCache::kEntryBytes);
  std::vector<Uuid> ids;
  for (size_t i = 0; i < kIds; ++i) {
    ids.push_back(NewUuid(1));
    cache.Put(1, ids[i], 5, i + 1);
  }
  size_t kept = 0;
  for (size_t i = 0; i < kIds; ++i) {
    const auto place = cache.Get(1, ids[i]);
    if (!place) continue;
    EXPECT_EQ(*place, std::pair(TableId{5}, RowId{i + 1}));
    ++kept;
  }
  EXPECT_GT(kept, kIds * 9 / 10);
}

TEST(PlaceCacheTest, WorksWithTheLeastMemory) {
  PlaceCache cache(0);
  Uuid id;
  for (RowId row = 1; row <= 100; ++row) cache.Put(1, id = NewUuid(1), 2, row);
  EXPECT_EQ(cache.Get(1, id), std::pair(TableId{2}, RowId{100}));
}

class FindRowTest : public StoreFixture {};

TEST_F(FindRowTest, AStaleHintIsNotBelieved) {
  std::string json = R"({"id": "0193a000-0000-7000-8000-000000000001", "type": "t", "name": "a"})";
  Uuid id = Insert("entities", json);
  std::string buffer;
  auto found = [&] { return tenant_->FindRow(tenant_->Latest(), *tenant_->catalog(), id, buffer); };
  ASSERT_NE(found(), nullptr);
  ASSERT_NE(found(), nullptr) << "through the hint";
  tenant_->writer().Purge(id);
  EXPECT_EQ(found(), nullptr);
  Insert("entities", json);
  ASSERT_NE(found(), nullptr);
  EXPECT_EQ(RowView(buffer, nullptr).id(), id);
  Insert("moments",
         R"({"id": "0193a000-0000-7000-8000-000000000002", "type": "t", "timestamp": "2026-01-01T00:00:00Z"})");
  EXPECT_EQ(found()->name(), "entities");
}

}  // namespace
}  // namespace rem
