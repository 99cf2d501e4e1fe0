#include "storage/faulty_engine.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "storage/engine_fixture.h"
#include "storage/memory_engine.h"

namespace rem {
namespace {

class FaultyEngineTest : public testing::Test {
 protected:
  void Put(std::string_view key, bool sync = false) { PutOne(*engine_, Family::kRows, key, "v", {.sync = sync}); }
  bool Has(std::string_view key) { return GetOr(*engine_, Family::kRows, key, "absent") == "v"; }

  std::unique_ptr<FaultyEngine> engine_ = NewFaultyEngine(NewMemoryEngine());
};

TEST_F(FaultyEngineTest, FailsOnlyTheNthOperation) {
  Put("before");
  engine_->SetPlan({FaultPlan::Kind::kFail, 2});
  Put("first");
  EXPECT_EQ(CodeOf([&] { Put("second"); }), ErrorCode::kIo);
  Put("third");
  EXPECT_TRUE(Has("before") && Has("first") && Has("third"));
  EXPECT_FALSE(Has("second"));
  EXPECT_EQ(engine_->operations(), 4u);
}

TEST_F(FaultyEngineTest, CountsSyncsAsOperations) {
  engine_->SetPlan({FaultPlan::Kind::kFail, 2});
  engine_->Sync();
  EXPECT_EQ(CodeOf([&] { engine_->Sync(); }), ErrorCode::kIo);
  EXPECT_EQ(engine_->operations(), 2u);
}

TEST_F(FaultyEngineTest, NoSpaceLastsUntilThePlanIsCleared) {
  engine_->SetPlan({FaultPlan::Kind::kNoSpace, 2});
  Put("first");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(CodeOf([&] { Put("full"); }), ErrorCode::kNoSpace);
  EXPECT_EQ(CodeOf([&] { engine_->Sync(); }), ErrorCode::kNoSpace);
  EXPECT_TRUE(Has("first"));
  engine_->SetPlan({});
  Put("after");
  EXPECT_TRUE(Has("after"));
  EXPECT_FALSE(Has("full"));
}

TEST_F(FaultyEngineTest, FailAfterAppliesTheWrite) {
  engine_->SetPlan({FaultPlan::Kind::kFailAfter, 1});
  EXPECT_EQ(CodeOf([&] { Put("unknown"); }), ErrorCode::kIo);
  EXPECT_TRUE(Has("unknown"));
}

TEST_F(FaultyEngineTest, TruncateLosesWhatWasNotSynced) {
  Put("synced", true);
  PutOne(*engine_, Family::kMeta, "meta", "1");
  engine_->Sync();
  PutOne(*engine_, Family::kMeta, "meta", "2");
  Put("lost");
  engine_->SetPlan({FaultPlan::Kind::kTruncate, 2});
  Put("lost too");
  EXPECT_EQ(CodeOf([&] { Put("striking", true); }), ErrorCode::kIo);
  EXPECT_EQ(ScanForward(*engine_, Family::kRows), (Pairs{{"synced", "v"}}));
  EXPECT_EQ(GetOr(*engine_, Family::kMeta, "meta", ""), "1");
  Put("goes on");
  EXPECT_TRUE(Has("goes on"));
}

TEST_F(FaultyEngineTest, CorruptReadStrikesGetsAndIteratorMoves) {
  Put("a");
  Put("b");
  std::string value;
  engine_->SetPlan({FaultPlan::Kind::kCorruptRead, 2});
  EXPECT_TRUE(engine_->Get(Family::kRows, "a", value));
  EXPECT_EQ(CodeOf([&] { engine_->Get(Family::kRows, "a", value); }), ErrorCode::kCorruption);
  EXPECT_TRUE(engine_->Get(Family::kRows, "a", value));

  using Move = void (*)(EngineIterator&);
  const Move moves[] = {[](EngineIterator& i) { i.SeekToFirst(); }, [](EngineIterator& i) { i.SeekToLast(); },
                        [](EngineIterator& i) { i.Seek("a"); },     [](EngineIterator& i) { i.SeekForPrev("b"); },
                        [](EngineIterator& i) { i.Next(); },        [](EngineIterator& i) { i.Prev(); }};
  for (const Move move : moves) {
    engine_->SetPlan({});
    const auto iterator = engine_->Scan(Family::kRows, {});
    iterator->SeekToFirst();
    engine_->SetPlan({FaultPlan::Kind::kCorruptRead, 1});
    EXPECT_EQ(CodeOf([&] { move(*iterator); }), ErrorCode::kCorruption);
  }
  engine_->SetPlan({FaultPlan::Kind::kCorruptRead, 1});
  EXPECT_EQ(CodeOf([&] { engine_->MultiGet(Family::kRows, {}); }), ErrorCode::kCorruption);
  engine_->SetPlan({FaultPlan::Kind::kCorruptRead, 1});
  Put("writes are not struck");
}

TEST_F(FaultyEngineTest, KillsTheProcess) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    engine_->SetPlan({FaultPlan::Kind::kKill, 2});
    Put("first");
    Put("second");
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

}  // namespace
}  // namespace rem
