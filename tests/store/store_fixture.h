#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <rem/database.h>

#include "base/clock.h"
#include "storage/memory_engine.h"
#include "storage/rocksdb_engine.h"
#include "store/consistency.h"
#include "store/store.h"

namespace rem {

/// A store in memory with one tenant, a clock that stands still, and verbs for tests.
class StoreFixture : public ::testing::Test {
 protected:
  StoreFixture() { Reopen(); }

  static constexpr const char* kArticleSchema = R"({
    "title": "Article", "type": "object",
    "properties": {
      "name": {"type": "string"},
      "category": {"type": "string"},
      "views": {"type": "integer", "default": 0},
      "tags": {"type": "array", "items": {"type": "string"}},
      "priority": {"type": "object", "properties": {"level": {"type": "integer"}}},
      "status": {"type": "string", "maxLength": 20}
    },
    "required": ["name"],
    "indexed_fields": ["category", "views", "tags", "priority.level"],
    "embedding_fields": []
  })";

  /// A new store over the same engine contents is what reopening a database is.
  void Reopen() {
    tenant_.reset();
    store_.reset();
    if (!engine_) engine_ = std::shared_ptr<Engine>(NewMemoryEngine());
    store_ = std::make_unique<Store>(ShareEngine(), options_, clock_);
    tenant_ = store_->OpenTenant("acme", true);
  }

  TablePtr Register(const std::string& name, const std::string& schema, bool force = false) {
    return tenant_->Register(name, Document::FromJson(schema), force);
  }
  Uuid Insert(const std::string& table, const std::string& json, const InsertOptions& options = {}) {
    Document record = Document::FromJson(json);
    return tenant_->writer().Insert(table, {&record, 1}, options)[0];
  }
  void Update(const Uuid& id, const std::string& patch, const UpdateOptions& options = {}) {
    tenant_->writer().Update(id, Document::FromJson(patch), options);
  }
  /// Properties as JSON, "deleted" or "absent".
  std::string Show(const Uuid& id) const {
    ReadView view = tenant_->Latest();
    auto place = view.FindId(id);
    if (!place) return "absent";
    TablePtr table = tenant_->catalog()->FindById(place->first);
    std::string buffer;
    if (table == nullptr || !view.GetRow(*table, place->second, buffer)) return "absent";
    RowView row(buffer, table->keys.get());
    return row.deleted() ? "deleted" : row.properties().ToJson();
  }
  RowHeader Header(const Uuid& id) const {
    ReadView view = tenant_->Latest();
    auto place = view.FindId(id);
    std::string buffer;
    TablePtr table = tenant_->catalog()->FindById(place.value().first);
    EXPECT_TRUE(view.GetRow(*table, place->second, buffer));
    return RowView(buffer, nullptr).header();
  }
  /// Row ids that an index gives for one value, or for all values without one.
  std::vector<RowId> IndexRows(const std::string& table, const std::string& field,
                               std::optional<Value> equal = {}) const {
    TablePtr found = tenant_->catalog()->Get(table);
    IndexRange range;
    if (equal) {
      range.lower = {*equal, true};
      range.upper = {*equal, true};
    } else {
      range.with_nulls = true;
    }
    std::vector<RowId> rows;
    auto view = tenant_->Snapshot();
    IndexCursor cursor = view->ScanIndex(*found->FindIndex(field), range);
    while (cursor.Next()) rows.push_back(cursor.row_id());
    return rows;
  }
  void ExpectSound() {
    std::vector<std::string> problems = CheckTenant(*tenant_);
    EXPECT_TRUE(problems.empty()) << problems.front();
  }
  template <typename Call>
  static ErrorCode CodeOf(Call&& call) {
    try {
      call();
    } catch (const Error& error) {
      EXPECT_FALSE(error.hint().empty()) << error.what();
      return error.code();
    }
    ADD_FAILURE() << "no error";
    return ErrorCode::kInternal;
  }

  /// An owner for the store of an engine that outlives it.
  std::unique_ptr<Engine> ShareEngine();

  ManualClock clock_{1'760'000'000'000'000};
  OpenOptions options_;
  std::shared_ptr<Engine> engine_;
  std::unique_ptr<Store> store_;
  std::shared_ptr<TenantStore> tenant_;
};

/// Passes every call to a shared engine.
class SharedEngine final : public Engine {
 public:
  explicit SharedEngine(std::shared_ptr<Engine> base) : base_(std::move(base)) {}
  bool Get(Family family, std::string_view key, std::string& value, const EngineSnapshot* snapshot) const override {
    return base_->Get(family, key, value, snapshot);
  }
  std::vector<std::optional<std::string>> MultiGet(Family family, std::span<const std::string> keys,
                                                   const EngineSnapshot* snapshot) const override {
    return base_->MultiGet(family, keys, snapshot);
  }
  std::unique_ptr<EngineIterator> Scan(Family family, ScanOptions options) const override {
    return base_->Scan(family, std::move(options));
  }
  std::unique_ptr<const EngineSnapshot> NewSnapshot() const override { return base_->NewSnapshot(); }
  void Write(const Batch& batch, const WriteOptions& options) override { base_->Write(batch, options); }
  void Sync() override { base_->Sync(); }
  void Compact(Family family, std::string_view lower, std::string_view upper) override {
    base_->Compact(family, lower, upper);
  }
  EngineStats Stats() const override { return base_->Stats(); }
  uint64_t ApproximateSize(Family family, std::string_view lower, std::string_view upper) const override {
    return base_->ApproximateSize(family, lower, upper);
  }
  void VerifyChecksums() const override { base_->VerifyChecksums(); }

 private:
  std::shared_ptr<Engine> base_;
};

inline std::unique_ptr<Engine> StoreFixture::ShareEngine() { return std::make_unique<SharedEngine>(engine_); }

}  // namespace rem
