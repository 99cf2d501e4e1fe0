// A scenario with every kind of write is run again and again; in run n the n-th write fails. Whatever fails, what was
// acknowledged is there afterwards, what failed is not, the store is sound, and it works on once the fault is gone.

#include <functional>
#include <utility>

#include <fmt/format.h>

#include "storage/faulty_engine.h"
#include "store/store_fixture.h"

namespace rem {
namespace {

class StoreFaultTest : public ::testing::Test {
 protected:
  struct Run {
    std::shared_ptr<FaultyEngine> faults;
    std::unique_ptr<Store> store;
    std::shared_ptr<TenantStore> tenant;
    std::vector<std::pair<Uuid, std::string>> expected;  // Acknowledged: id and JSON, "deleted" or "absent".
  };

  Run Open(std::shared_ptr<FaultyEngine> faults) {
    Run run;
    run.faults = faults;
    OpenOptions options;
    options.change_log_retention = 5;
    run.store = std::make_unique<Store>(std::make_unique<SharedEngine>(faults), options, clock_);
    run.tenant = run.store->OpenTenant("acme", true);
    return run;
  }

  static void Close(Run& run) {
    run.tenant.reset();
    run.store.reset();
  }

  static std::string Show(TenantStore& tenant, const Uuid& id) {
    ReadView view = tenant.Latest();
    auto place = view.FindId(id);
    if (!place) return "absent";
    TablePtr table = tenant.catalog()->FindById(place->first);
    std::string buffer;
    if (table == nullptr || !view.GetRow(*table, place->second, buffer)) return "absent";
    RowView row(buffer, table->keys.get());
    return row.deleted() ? "deleted" : row.properties().ToJson();
  }

  /// Runs `step`; true when it was acknowledged.
  bool Try(const std::function<void()>& step) {
    try {
      step();
      return true;
    } catch (const Error& error) {
      ++failures_;
      EXPECT_TRUE(error.code() == ErrorCode::kIo || error.code() == ErrorCode::kNoSpace ||
                  error.code() == ErrorCode::kTableNotFound)
          << error.what();
      return false;
    }
  }

  /// All kinds of writes, each noting what was acknowledged. A step whose table is missing because its registration
  /// failed is skipped.
  void Scenario(Run& run) {
    auto& writer = run.tenant->writer();
    auto note = [&](const Uuid& id, const std::string& shown) {
      for (auto& [known, text] : run.expected) {
        if (known == id) {
          text = shown;
          return;
        }
      }
      run.expected.emplace_back(id, shown);
    };
    Try([&] {
      run.tenant->Register(
          "t",
          Document::FromJson(
              R"({"type": "object", "properties": {"a": {"type": "integer"}}, "indexed_fields": ["a"]})"),
          false);
    });
    for (int i = 0; i < 6; ++i) {
      Uuid id = *Uuid::Parse(fmt::format("0193a000-0000-7000-8000-00000000000{}", i));
      std::string json = fmt::format(R"({{"a":{},"x{}":1}})", i, i);
      Document record = Document::FromJson(fmt::format(R"({{"id": "{}", "a": {}, "x{}": 1}})", id.ToString(), i, i));
      if (!Try([&] { writer.Insert("t", {&record, 1}, {}); })) continue;
      note(id, json);
      if (i % 3 == 0 && Try([&] { writer.Delete(id); })) note(id, "deleted");
      if (i == 3 && Show(*run.tenant, id) == "deleted" && Try([&] { writer.Restore(id); })) note(id, json);
      if (i == 4 && Try([&] { writer.Update(id, Document::FromJson(R"({"a": 40})"), {}); }))
        note(id, R"({"a":40,"x4":1})");
      if (i == 5 && Try([&] { writer.Purge(id); })) note(id, "absent");
    }
    TransactionStep(run, note);
  }

  /// Two records that only a commit makes visible: both or none.
  void TransactionStep(Run& run, const auto& note) {
    const Uuid first = *Uuid::Parse("0193a000-0000-7000-8000-000000000006");
    const Uuid second = *Uuid::Parse("0193a000-0000-7000-8000-000000000007");
    const std::string before = Show(*run.tenant, first) + Show(*run.tenant, second);
    const bool committed = Try([&] {
      auto transaction = run.tenant->Begin();
      for (const Uuid& id : {first, second}) {
        Document record = Document::FromJson(fmt::format(R"({{"id": "{}", "a": 1, "tx": 1}})", id.ToString()));
        transaction->writer().Insert("t", {&record, 1}, {});
        transaction->writer().Update(id, Document::FromJson(R"({"a": 2})"), {});
      }
      transaction->Commit();
    });
    const std::string shown = R"({"a":2,"tx":1})";
    for (const Uuid& id : {first, second}) {
      if (committed) note(id, shown);
    }
    // A commit that reports an error may have been applied, but never one half of it.
    const std::string after = Show(*run.tenant, first) + Show(*run.tenant, second);
    if (!committed) EXPECT_TRUE(after == before || after == shown + shown) << after;
  }

  void ExpectAllAcknowledged(Run& run, uint64_t at) {
    for (const auto& [id, shown] : run.expected) EXPECT_EQ(Show(*run.tenant, id), shown) << "write " << at;
    auto problems = CheckTenant(*run.tenant);
    EXPECT_TRUE(problems.empty()) << "write " << at << ": " << problems.front();
  }

  uint64_t CountWrites() {
    Run run = Open(NewFaultyEngine(NewMemoryEngine()));
    uint64_t before = run.faults->operations();
    Scenario(run);
    return run.faults->operations() - before;
  }

  int failures_ = 0;
  ManualClock clock_{1'760'000'000'000'000};
};

TEST_F(StoreFaultTest, WhicheverWriteFailsNothingAcknowledgedIsLost) {
  uint64_t writes = CountWrites();
  ASSERT_GT(writes, 10u);
  for (FaultPlan::Kind kind : {FaultPlan::Kind::kFail, FaultPlan::Kind::kTruncate}) {
    for (uint64_t n = 1; n <= writes; ++n) {
      Run run = Open(NewFaultyEngine(NewMemoryEngine()));
      run.faults->SetPlan({kind, n});
      Scenario(run);
      run.faults->SetPlan({});
      EXPECT_GT(std::exchange(failures_, 0), 0) << "write " << n << " did not fail";
      ExpectAllAcknowledged(run, n);
      auto faults = run.faults;
      auto expected = run.expected;
      Close(run);
      run = Open(faults);
      run.expected = expected;
      ExpectAllAcknowledged(run, n);
      Scenario(run);
      ExpectAllAcknowledged(run, n);
    }
  }
}

TEST_F(StoreFaultTest, AWriteThatReportsAnErrorButIsAppliedLeavesASoundStore) {
  uint64_t writes = CountWrites();
  for (uint64_t n = 1; n <= writes; ++n) {
    Run run = Open(NewFaultyEngine(NewMemoryEngine()));
    run.faults->SetPlan({FaultPlan::Kind::kFailAfter, n});
    Scenario(run);
    run.faults->SetPlan({});
    auto faults = run.faults;
    Close(run);
    run = Open(faults);
    auto problems = CheckTenant(*run.tenant);
    EXPECT_TRUE(problems.empty()) << "write " << n << ": " << problems.front();
  }
}

TEST_F(StoreFaultTest, AFullDiskRefusesWritesUntilThereIsSpaceAgain) {
  Run run = Open(NewFaultyEngine(NewMemoryEngine()));
  Scenario(run);
  run.faults->SetPlan({FaultPlan::Kind::kNoSpace, 1});
  Document record = Document::FromJson(R"({"a": 7})");
  for (int i = 0; i < 3; ++i) {
    try {
      run.tenant->writer().Insert("t", {&record, 1}, {});
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kNoSpace);
    }
  }
  ExpectAllAcknowledged(run, 0);
  run.faults->SetPlan({});
  EXPECT_TRUE(Try([&] { run.tenant->writer().Insert("t", {&record, 1}, {}); }));
  ExpectAllAcknowledged(run, 0);
}

}  // namespace
}  // namespace rem
