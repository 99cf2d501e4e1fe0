// Random operations on a store and on a plain map; after every stretch both must agree, and the store must be sound.
// The seed is printed with a failure.

#include <cstdlib>
#include <filesystem>
#include <map>

#include <fmt/format.h>

#include "base/random.h"
#include "store/store_fixture.h"

namespace rem {
namespace {

struct ModelRecord {
  int64_t a = 0;
  std::string category;
  bool deleted = false;
};

class StoreModelTest : public StoreFixture {
 protected:
  static constexpr const char* kSchema = R"({"type": "object",
    "properties": {"k": {"type": "string"}, "a": {"type": "integer"}, "category": {"type": "string"}, "tags": {"type": "array", "items": {"type": "integer"}}},
    "indexed_fields": ["a", "category", "tags"], "key_field": "k"})";

  static std::string Json(const std::string& key, int64_t a, const std::string& category) {
    return fmt::format(R"({{"k": "{}", "a": {}, "category": "{}", "tags": [{}, {}]}})", key, a, category, a % 3, a % 5);
  }

  void Step(Random& random) {
    std::string key = fmt::format("key{}", random.Below(40));
    auto known = ids_.find(key);
    int64_t a = static_cast<int64_t>(random.Below(20)) - 10;
    std::string category = fmt::format("c{}", random.Below(4));
    uint64_t what = random.Below(10);
    if (known == ids_.end() || what < 3) {
      ids_[key] = Insert("t", Json(key, a, category));
      model_[key] = {a, category, false};
      return;
    }
    const Uuid& id = known->second;
    ModelRecord& record = model_[key];
    if (what < 5) {
      ErrorCode code = ErrorCode::kInternal;
      try {
        Update(id, fmt::format(R"({{"a": {}}})", a));
        record.a = a;
        return;
      } catch (const Error& error) {
        code = error.code();
      }
      ASSERT_TRUE(record.deleted);
      ASSERT_EQ(code, ErrorCode::kRecordNotFound);
    } else if (what < 7) {
      ASSERT_EQ(tenant_->writer().Delete(id), !record.deleted);
      record.deleted = true;
    } else if (what < 9) {
      ASSERT_EQ(tenant_->writer().Restore(id), record.deleted);
      record.deleted = false;
    } else {
      ASSERT_TRUE(tenant_->writer().Purge(id));
      model_.erase(key);
      ids_.erase(known);
    }
  }

  void Compare() {
    std::map<int64_t, size_t> by_a;
    std::map<std::string, size_t> by_category;
    int64_t live = 0;
    for (const auto& [key, record] : model_) {
      std::string shown = Show(ids_[key]);
      if (record.deleted) {
        ASSERT_EQ(shown, "deleted") << key;
        continue;
      }
      ++live;
      ++by_a[record.a];
      ++by_category[record.category];
      Document stored = Document::FromJson(shown);
      ASSERT_EQ(stored.view().Find("a")->AsInt(), record.a) << key;
      ASSERT_EQ(stored.view().Find("category")->AsText(), record.category) << key;
    }
    for (int64_t a = -10; a < 10; ++a) ASSERT_EQ(IndexRows("t", "a", a).size(), by_a[a]) << a;
    for (int c = 0; c < 4; ++c) {
      std::string category = fmt::format("c{}", c);
      ASSERT_EQ(IndexRows("t", "category", Value(category)).size(), by_category[category]);
    }
    ASSERT_EQ(tenant_->catalog()->Get("t")->counters->live_rows, live);
    ExpectSound();
  }

  void RunProgram(uint64_t seed, int steps) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Random random(seed);
    Register("t", kSchema);
    for (int i = 0; i < steps && !HasFatalFailure(); ++i) {
      Step(random);
      if (random.Below(100) == 0) Reopen();
      if (i % 100 == 99) Compare();
    }
  }

  std::map<std::string, ModelRecord> model_;
  std::map<std::string, Uuid> ids_;
};

TEST_F(StoreModelTest, AgreesWithAPlainMapInMemory) { RunProgram(20261121, 3000); }

TEST_F(StoreModelTest, AgreesWithAPlainMapUnderAShortRetention) {
  options_.change_log_retention = 20;
  Reopen();
  RunProgram(7, 1500);
}

TEST_F(StoreModelTest, AgreesWithAPlainMapOnDisk) {
  auto directory = std::filesystem::temp_directory_path() / fmt::format("rem_model_{}", ::getpid());
  std::filesystem::remove_all(directory);
  options_.path = directory.string();
  options_.durability = Durability::kNormal;
  tenant_.reset();
  store_.reset();
  engine_ = OpenRocksDbEngine(options_);
  Reopen();
  RunProgram(99, 1500);
  tenant_.reset();
  store_.reset();
  engine_.reset();
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace rem
