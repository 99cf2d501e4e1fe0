#include "store/statistics_cache.h"

#include "store/store_fixture.h"

namespace rem {

namespace {

class StatisticsCacheTest : public StoreFixture {
 protected:
  void Keep(const TablePtr& table, int64_t rows) {
    auto statistics = std::make_shared<TableStatistics>();
    statistics->definition_version = table->definition_version;
    statistics->live_rows = rows;
    statistics->changes = static_cast<int64_t>(table->counters->changes.load());
    tenant_->statistics().Add(*table, statistics);
  }
  TableStatisticsPtr Kept(const std::string& name) {
    return tenant_->statistics().Find(*tenant_->catalog()->Get(name));
  }
};

TEST_F(StatisticsCacheTest, SurviveAReopenTogetherWithTheChangesSince) {
  const TablePtr table = Register("articles", kArticleSchema);
  EXPECT_EQ(Kept("articles"), nullptr);
  Insert("articles", R"({"name": "a"})");
  Keep(table, 1);
  const Uuid id = Insert("articles", R"({"name": "b"})");
  Update(id, R"({"views": 3})");
  Reopen();
  const TableStatisticsPtr kept = Kept("articles");
  ASSERT_NE(kept, nullptr);
  EXPECT_EQ(kept->live_rows, 1);
  EXPECT_EQ(kept->changes, -2);
  Update(id, R"({"views": 4})");
  Reopen();
  EXPECT_EQ(Kept("articles")->changes, -3);
}

TEST_F(StatisticsCacheTest, GoWithTheirTable) {
  Keep(Register("articles", kArticleSchema), 1);
  tenant_->SaveStatistics();
  const TableId id = tenant_->catalog()->Get("articles")->id;
  std::string key;
  for (int shift = 24; shift >= 0; shift -= 8) key.push_back(static_cast<char>(id >> shift));
  std::string value;
  EXPECT_TRUE(engine_->Get(Family::kMeta, MetaKey(tenant_->tenant(), MetaKind::kStatistics, key), value));
  tenant_->DropTable("articles");
  EXPECT_FALSE(engine_->Get(Family::kMeta, MetaKey(tenant_->tenant(), MetaKind::kStatistics, key), value));
  const TenantId tenant = tenant_->tenant();
  Reopen();
  EXPECT_FALSE(engine_->Get(Family::kMeta, MetaKey(tenant, MetaKind::kStatistics, key), value));
}

}  // namespace

}  // namespace rem
