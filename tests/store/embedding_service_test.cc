#include <atomic>
#include <thread>

#include <fmt/format.h>
#include <rem/embedding.h>

#include "embedding/fake_service.h"
#include "store/change_reader.h"
#include "store/embedding_fixture.h"

namespace rem {
namespace {

using std::chrono::milliseconds;

/// The worker and a service behind HTTP, with several requests under way.
class EmbeddingServiceTest : public EmbeddingFixture {
 protected:
  EmbeddingServiceTest() {
    Reopen();
    WithoutPauses();
  }
  void RegisterNotes(const FakeService& service, const std::string& model) {
    Register("notes", fmt::format(R"({{"type": "object", "properties": {{"content": {{"type": "string"}}}},
      "embedding_provider": "{}"}})",
                                  service.Provider(model)));
  }
  std::vector<Uuid> InsertTexts(const std::vector<std::string>& texts) {
    std::vector<Document> records;
    for (const std::string& text : texts)
      records.push_back(Document::FromJson(fmt::format(R"({{"content": "{}"}})", text)));
    return tenant_->writer().Insert("notes", records, {});
  }
  /// How many vectors the worker wrote for each record, by the change log.
  std::map<Uuid, size_t> Embeds() const {
    std::map<Uuid, size_t> embeds;
    for (const LoggedChange& change :
         ReadChanges(tenant_->engine(), tenant_->tenant(), 0, UINT64_MAX, 100'000, nullptr))
      if (change.entry.operation == ChangeOperation::kEmbed) ++embeds[change.entry.id];
    return embeds;
  }
};

TEST_F(EmbeddingServiceTest, EveryRecordGetsItsVectorOnceWhateverTheServiceDoes) {
  FakeService service([](size_t number, const DocumentView&) -> std::string {
    std::this_thread::sleep_for(milliseconds(number * 7 % 15));
    if (number == 1 || number == 5) return HttpTestServer::Response(429, "{}", "retry-after-ms: 30\r\n");
    if (number == 2) return HttpTestServer::Response(500, "{}");
    if (number == 3) return HttpTestServer::Response(200, R"({"data": []})");
    if (number == 4) return HttpTestServer::Response(200, "{no json");
    if (number == 6) return std::string("HTTP/1.1 200 x\r\nContent-Length: 100\r\n\r\n{");
    return {};
  });
  RegisterNotes(service, "trouble");
  std::vector<std::string> texts;
  for (int i = 0; i < 1000; ++i) texts.push_back(fmt::format("{} {}", i == 300 || i == 777 ? "refuse" : "text", i));
  const std::vector<Uuid> ids = InsertTexts(texts);
  ASSERT_TRUE(tenant_->embedding().Wait(kLong));
  const std::map<Uuid, size_t> embeds = Embeds();
  for (size_t i = 0; i < ids.size(); ++i) {
    const bool bad = i == 300 || i == 777;
    ASSERT_EQ(Vector(ids[i]).has_value(), !bad) << i;
    if (bad) continue;
    ASSERT_EQ(*Vector(ids[i]), FakeService::VectorOf(texts[i])) << i;
    ASSERT_EQ(embeds.at(ids[i]), 1u) << i;
    // Nobody pays twice for what is stored.
    ASSERT_EQ(service.Answered(texts[i]), 1u) << i;
  }
  const EmbeddingStatus status = tenant_->GetEmbeddingStatus(10);
  EXPECT_EQ(status.pending, 0u);
  EXPECT_EQ(status.failed, 2u);
  EXPECT_EQ(status.embedded, 998u);
  EXPECT_GT(service.most_together(), 1u);
  ExpectSound();
}

TEST_F(EmbeddingServiceTest, ClosingEndsRequestsThatHangAndTheNextOpeningGoesOn) {
  std::atomic<bool> hang{true};
  FakeService service([&](size_t number, const DocumentView&) {
    for (int i = 0; number > 0 && hang && i < 4000; ++i) std::this_thread::sleep_for(milliseconds(5));
    return std::string();
  });
  RegisterNotes(service, "hang");
  std::vector<std::string> texts;
  for (int i = 0; i < 500; ++i) texts.push_back(fmt::format("text {}", i));
  const std::vector<Uuid> ids = InsertTexts(texts);
  ASSERT_TRUE(service.AwaitTogether(4));
  while (Embeds().empty()) std::this_thread::yield();  // The first request's vectors are stored beside the others.
  Reopen();
  WithoutPauses();
  EXPECT_EQ(Embeds().size(), 96u);
  hang = false;
  ASSERT_TRUE(tenant_->embedding().Wait(kLong));
  const std::map<Uuid, size_t> embeds = Embeds();
  for (size_t i = 0; i < ids.size(); ++i) {
    ASSERT_EQ(Vector(ids[i]), FakeService::VectorOf(texts[i])) << i;
    ASSERT_EQ(embeds.at(ids[i]), 1u) << i;
  }
  ExpectSound();
}

/// It never comes back from this text, as a server that it makes hang.
TEST_F(EmbeddingServiceTest, ATextThatTheServiceDiesOfHoldsUpNoOther) {
  FakeService service([](size_t, const DocumentView& texts) -> std::string {
    for (size_t i = 0; i < texts.size(); ++i) {
      if (texts.At(i).AsText() == "deadly") return std::string("HTTP/1.1 200 x\r\nContent-Length: 100\r\n\r\n{");
    }
    return {};
  });
  RegisterNotes(service, "deadly");
  std::vector<std::string> texts;
  for (int i = 0; i < 5; ++i) texts.push_back(i == 2 ? "deadly" : fmt::format("text {}", i));
  const std::vector<Uuid> ids = InsertTexts(texts);
  const auto done = [&] {
    size_t count = 0;
    for (const Uuid& id : ids) count += Vector(id).has_value();
    return count;
  };
  for (int i = 0; i < 6000 && done() < 4; ++i) std::this_thread::sleep_for(milliseconds(5));
  EXPECT_EQ(done(), 4u);
  EXPECT_EQ(tenant_->GetEmbeddingStatus(10).pending, 1u);
  ExpectSound();
}

}  // namespace
}  // namespace rem
