#include "embedding/provider.h"
#include "store/store_fixture.h"

namespace rem {
namespace {

class RowVectorsTest : public StoreFixture {
 protected:
  std::optional<VectorValue> Vector(const std::string& table, const Uuid& id, const std::string& column = "embedding") {
    TablePtr found = tenant_->catalog()->Get(table);
    ReadView view = tenant_->Latest();
    VectorValue out;
    if (!view.GetVector(*found, *found->FindVector(column), view.FindId(id)->second, out)) return std::nullopt;
    return out;
  }
  size_t CountVectors(const std::string& table) {
    TablePtr found = tenant_->catalog()->Get(table);
    size_t count = 0;
    tenant_->Snapshot()->ScanVectors(*found, *found->FindVector("embedding"), [&](RowId, std::span<const float>) {
      ++count;
      return true;
    });
    return count;
  }
};

TEST_F(RowVectorsTest, TheDefaultProviderEmbedsContentAtInsert) {
  Uuid id = Insert("resources", R"({"name": "n", "content": "red apples"})");
  auto vector = Vector("resources", id);
  ASSERT_TRUE(vector.has_value());
  EXPECT_EQ(vector->size(), FindProvider(kDefaultProvider)->dimension());
  Update(id, R"({"content": "green pears"})");
  EXPECT_NE(Vector("resources", id), vector);
  auto changed = Vector("resources", id);
  Update(id, R"({"category": "fruit"})");
  EXPECT_EQ(Vector("resources", id), changed);
  ExpectSound();
}

TEST_F(RowVectorsTest, ACallersVectorSetsTheDimensionOfAColumnWithoutDeclaredProvider) {
  Uuid automatic = Insert("resources", R"({"name": "n", "content": "red apples"})");
  Uuid given = Insert("resources", R"({"name": "m", "content": "text", "embedding": [1, 0, 0]})");
  EXPECT_EQ(Vector("resources", given), (VectorValue{1, 0, 0}));
  EXPECT_EQ(Vector("resources", automatic), std::nullopt);
  EXPECT_EQ(CodeOf([&] {
              tenant_->writer().SetEmbedding(automatic, "embedding", {1, 2});
            }),
            ErrorCode::kDimensionMismatch);
  tenant_->writer().SetEmbedding(automatic, "embedding", {0, 1, 0});
  EXPECT_EQ(Vector("resources", automatic), (VectorValue{0, 1, 0}));
  EXPECT_EQ(Show(given).find("embedding"), std::string::npos);
  ExpectSound();
  Reopen();
  EXPECT_EQ(CountVectors("resources"), 2u);
  EXPECT_EQ(CodeOf([&] {
              tenant_->writer().SetEmbedding(automatic, "embedding", {1, 2});
            }),
            ErrorCode::kDimensionMismatch);
}

TEST_F(RowVectorsTest, SoftDeletedVectorsAreOutOfSightAndComeBack) {
  Uuid id = Insert("resources", R"({"name": "m", "content": "text", "embedding": [1, 0, 0]})");
  tenant_->writer().Delete(id);
  EXPECT_EQ(CountVectors("resources"), 0u);
  ExpectSound();
  tenant_->writer().Restore(id);
  EXPECT_EQ(Vector("resources", id), (VectorValue{1, 0, 0}));
  tenant_->writer().Delete(id);
  tenant_->writer().Purge(id);
  EXPECT_EQ(CountVectors("resources"), 0u);
  ExpectSound();
}

TEST_F(RowVectorsTest, BadVectorsAreRefused) {
  Uuid id = Insert("entities", R"({"type": "t", "name": "n"})");
  EXPECT_EQ(CodeOf([&] { Insert("resources", R"({"name": "m", "content": "c", "embedding": []})"); }),
            ErrorCode::kValidation);
  EXPECT_EQ(CodeOf([&] { Insert("resources", R"({"name": "m", "content": "c", "embedding": [1e300]})"); }),
            ErrorCode::kValidation);
  EXPECT_EQ(CodeOf([&] { tenant_->writer().SetEmbedding(id, "embeding", {1}); }), ErrorCode::kColumnNotFound);
  EXPECT_EQ(CodeOf([&] { tenant_->writer().SetEmbedding(Uuid{}, "embedding", {1}); }), ErrorCode::kRecordNotFound);
}

TEST_F(RowVectorsTest, ADeclaredProviderKeepsItsDimension) {
  Register("notes",
           R"({"type": "object", "properties": {"content": {"type": "string"}}, "embedding_provider": "hash"})");
  EXPECT_EQ(CodeOf([&] { Insert("notes", R"({"content": "c", "embedding": [1, 2, 3]})"); }),
            ErrorCode::kDimensionMismatch);
  EXPECT_EQ(CodeOf([&] {
              Register(
                  "bad",
                  R"({"type": "object", "properties": {"content": {"type": "string"}}, "embedding_provider": "hsh"})");
            }),
            ErrorCode::kNotFound);
  Register("plain",
           R"({"type": "object", "properties": {"content": {"type": "string"}}, "embedding_provider": "none"})");
  EXPECT_TRUE(tenant_->catalog()->Get("plain")->vectors.empty());
}

TEST_F(RowVectorsTest, TwoProvidersFillTwoColumnsFromTheSameTexts) {
  Register("notes", R"({"type": "object", "properties": {"content": {"type": "string"}, "n": {"type": "integer"}},
    "embedding_provider": "builtin", "embedding_provider_alt": "hash"})");
  const auto expected = [](const char* provider, std::string_view text) {
    VectorValue vector(FindProvider(provider)->dimension());
    FindProvider(provider)->Embed({&text, 1}, vector.data());
    return vector;
  };
  Uuid id = Insert("notes", R"({"content": "red apples"})");
  EXPECT_EQ(Vector("notes", id), expected("builtin", "red apples"));
  EXPECT_EQ(Vector("notes", id, "embedding_alt"), expected("hash", "red apples"));
  Update(id, R"({"content": "green pears"})");
  Reopen();
  EXPECT_EQ(Vector("notes", id), expected("builtin", "green pears"));
  EXPECT_EQ(Vector("notes", id, "embedding_alt"), expected("hash", "green pears"));
  ExpectSound();
}

}  // namespace
}  // namespace rem
