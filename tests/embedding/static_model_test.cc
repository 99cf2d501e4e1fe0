#include "embedding/static_model.h"

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <rem/error.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/random.h"
#include "embedding/static_model_format.h"
#include "embedding/static_model_kernels.h"

namespace rem {
namespace {

constexpr uint32_t kDimension = 32;

StaticModelParts Parts() {
  StaticModelParts parts;
  parts.name = "small";
  parts.version = 3;
  parts.dimension = kDimension;
  parts.rare_word_length = 0.5f;
  parts.tokens = {"photo", "image", "shrink", "#s", "the"};
  Random random(11);
  for (size_t i = 0; i < parts.tokens.size() * kDimension; ++i) {
    parts.rows.push_back(static_cast<float>(random.Uniform() - 0.5));
  }
  return parts;
}

std::vector<float> Embed(const StaticModel& model, std::string_view text) {
  StaticModel::Scratch scratch;
  std::vector<float> vector(model.dimension(), 99.0f);
  model.Embed(text, scratch, vector.data());
  return vector;
}

double Cosine(const std::vector<float>& x, const std::vector<float>& y) {
  double sum = 0;
  for (size_t i = 0; i < x.size(); ++i) sum += double{x[i]} * y[i];
  return sum;
}

// The direction of a sum of rows, computed without quantisation.
std::vector<float> Expected(const StaticModelParts& parts, const std::vector<uint32_t>& ids) {
  std::vector<double> sum(kDimension, 0);
  for (const uint32_t id : ids) {
    for (size_t d = 0; d < kDimension; ++d) sum[d] += parts.rows[id * kDimension + d];
  }
  double squares = 0;
  for (const double x : sum) squares += x * x;
  std::vector<float> out;
  for (const double x : sum) out.push_back(static_cast<float>(x / std::sqrt(squares)));
  return out;
}

ErrorCode CodeOf(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_FALSE(error.hint().empty());
    return error.code();
  }
  return ErrorCode::kInternal;
}

TEST(StaticModelTest, ATextIsTheDirectionOfTheSumOfItsRows) {
  const StaticModelParts parts = Parts();
  const StaticModel model = StaticModel::FromBytes(EncodeStaticModel(parts));
  EXPECT_EQ(model.name(), "small");
  EXPECT_EQ(model.version(), 3u);
  EXPECT_EQ(model.dimension(), kDimension);
  EXPECT_EQ(model.token(3), "#s");
  EXPECT_GT(Cosine(Embed(model, "the photo"), Expected(parts, {4, 0})), 0.9999);
  EXPECT_GT(Cosine(Embed(model, "Shrink the IMAGE, shrink!"), Expected(parts, {2, 4, 1, 2})), 0.9999);
  EXPECT_LT(Cosine(Embed(model, "the photo"), Expected(parts, {2})), 0.9);
}

TEST(StaticModelTest, ALongTextIsTheSameSumWithoutOverflow) {
  const StaticModelParts parts = Parts();
  const StaticModel model = StaticModel::FromBytes(EncodeStaticModel(parts));
  std::string text;
  while (text.size() + 12 < StaticModel::kPieceBytes) text += "photo image ";
  const std::vector<float> once = Embed(model, "photo image");
  EXPECT_GT(Cosine(Embed(model, text), once), 0.999999);
  // Nothing is cut off: what stands behind many mebibytes counts as what stands in front of them.
  while (text.size() < 10 * StaticModel::kPieceBytes) text += "photo image ";
  EXPECT_GT(Cosine(Embed(model, text), once), 0.999999);
  std::string shrinks;
  while (shrinks.size() < text.size() / 2) shrinks += "shrink ";
  EXPECT_EQ(Embed(model, text + shrinks), Embed(model, shrinks + text));
  EXPECT_LT(Cosine(Embed(model, text + shrinks), once), 0.99);
}

TEST(StaticModelTest, ARareWordFindsItselfAndIsNearItsPieces) {
  const StaticModelParts parts = Parts();
  const StaticModel model = StaticModel::FromBytes(EncodeStaticModel(parts));
  EXPECT_NEAR(Cosine(Embed(model, "xkqz"), Embed(model, "XKQZ")), 1, 1e-6);
  EXPECT_LT(std::abs(Cosine(Embed(model, "xkqz"), Embed(model, "qqqq"))), 0.6);
  EXPECT_GT(Cosine(Embed(model, "photos"), Expected(parts, {0, 3})), 0.8);
  EXPECT_LT(Cosine(Embed(model, "photos"), Expected(parts, {0, 3})), 0.999) << "its hash counts too";
}

TEST(StaticModelTest, TextWithoutWordsIsTheZeroVector) {
  const StaticModel model = StaticModel::FromBytes(EncodeStaticModel(Parts()));
  for (const char* text : {"", "  ", "...", "\xcc\x81"})
    EXPECT_EQ(Embed(model, text), std::vector<float>(kDimension, 0));
}

TEST(StaticModelTest, AnyBytesAreTaken) {
  const StaticModel model = StaticModel::FromBytes(EncodeStaticModel(Parts()));
  std::string bytes;
  for (int i = 0; i < 5000; ++i) bytes.push_back(static_cast<char>(i * 167 + i / 256));
  const std::vector<float> vector = Embed(model, bytes);
  EXPECT_NEAR(Cosine(vector, vector), 1, 1e-5);
  const std::vector<float> blob = Embed(model, std::string(3 * StaticModel::kPieceBytes + 7, 'x'));
  EXPECT_NEAR(Cosine(blob, blob), 1, 1e-5);
}

TEST(StaticModelTest, TheKernelAddsWhatItsPlainTwinAdds) {
  Random random(5);
  std::vector<int8_t> x(64), y(64);
  for (size_t i = 0; i < x.size(); ++i) {
    x[i] = static_cast<int8_t>(random.Next());
    y[i] = static_cast<int8_t>(random.Next());
  }
  x[0] = y[0] = -128;
  for (const auto& [a, b] : {std::pair{32767, 32767}, {1, 0}, {0, 5}, {1234, 31000}}) {
    std::vector<int32_t> fast(64, 7), plain(64, 7);
    AddTwoRows(x.data(), a, y.data(), b, fast.data(), 64);
    AddTwoRowsPlainly(x.data(), a, y.data(), b, plain.data(), 64);
    EXPECT_EQ(fast, plain) << a << " " << b;
  }
}

TEST(StaticModelTest, PartsThatDoNotFitAreRefused) {
  const auto refused = [](auto&& change) {
    StaticModelParts parts = Parts();
    change(parts);
    return CodeOf([&] { EncodeStaticModel(parts); }) == ErrorCode::kInvalidArgument;
  };
  EXPECT_TRUE(refused([](auto& p) { p.rows.pop_back(); }));
  EXPECT_TRUE(refused([](auto& p) { p.rows[3] = NAN; }));
  EXPECT_TRUE(refused([](auto& p) { p.name.clear(); }));
  EXPECT_TRUE(refused([](auto& p) { p.dimension = 30; }));
  EXPECT_TRUE(refused([](auto& p) { p.tokens[1] = p.tokens[0]; }));
}

class StaticModelFileTest : public ::testing::Test {
 protected:
  StaticModelFileTest()
      : path_(std::filesystem::temp_directory_path() / ("rem_static_model_" + std::to_string(getpid()))),
        bytes_(EncodeStaticModel(Parts())) {}
  ~StaticModelFileTest() override { std::filesystem::remove(path_); }

  ErrorCode Open(const std::string& bytes) {
    std::ofstream(path_, std::ios::binary) << bytes;
    return CodeOf([&] { StaticModel::Open(path_); });
  }
  // The bytes with a changed header whose checksum is right again.
  std::string WithHeader(const std::function<void(StaticModelHeader&)>& change) const {
    StaticModelHeader header;
    std::memcpy(&header, bytes_.data(), sizeof(header));
    change(header);
    header.header_checksum =
        Hash64({reinterpret_cast<const char*>(&header), offsetof(StaticModelHeader, header_checksum)});
    return std::string(reinterpret_cast<const char*>(&header), sizeof(header)) + bytes_.substr(sizeof(header));
  }
  std::filesystem::path path_;
  std::string bytes_;
};

TEST_F(StaticModelFileTest, AFileAnswersAsItsBytesDo) {
  std::ofstream(path_, std::ios::binary) << bytes_;
  const StaticModel model = StaticModel::Open(path_);
  EXPECT_EQ(Embed(model, "shrink photos"), Embed(StaticModel::FromBytes(bytes_), "shrink photos"));
}

TEST_F(StaticModelFileTest, AMissingFileOrADirectoryIsToldApart) {
  EXPECT_EQ(CodeOf([&] { StaticModel::Open(path_.string() + ".not"); }), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf([&] { StaticModel::Open(std::filesystem::temp_directory_path()); }), ErrorCode::kCorruption);
}

TEST_F(StaticModelFileTest, EveryFlippedByteIsNoticed) {
  for (size_t at = 0; at < bytes_.size(); at += at < sizeof(StaticModelHeader) ? 1 : 13) {
    std::string damaged = bytes_;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    const ErrorCode code = CodeOf([&] { StaticModel::FromBytes(damaged); });
    EXPECT_TRUE(code == ErrorCode::kCorruption || code == ErrorCode::kFormatVersion) << at;
  }
}

TEST_F(StaticModelFileTest, EveryCutIsNoticed) {
  for (const size_t size : {size_t{0}, size_t{5}, sizeof(StaticModelHeader), bytes_.size() - 1}) {
    EXPECT_EQ(Open(bytes_.substr(0, size)), ErrorCode::kCorruption) << size;
  }
  EXPECT_EQ(Open(bytes_ + "x"), ErrorCode::kCorruption);
}

TEST_F(StaticModelFileTest, HeadersThatCannotBeAreRefused) {
  EXPECT_EQ(Open(WithHeader([](auto& h) { h.format = 2; })), ErrorCode::kFormatVersion);
  EXPECT_EQ(Open(WithHeader([](auto& h) { h.dimension = 0; })), ErrorCode::kCorruption);
  EXPECT_EQ(Open(WithHeader([](auto& h) { h.tokens = 0; })), ErrorCode::kCorruption);
  EXPECT_EQ(Open(WithHeader([](auto& h) { h.tokens += 1000; })), ErrorCode::kCorruption);
  EXPECT_EQ(Open(WithHeader([](auto& h) { h.slots = 3; })), ErrorCode::kCorruption);
  EXPECT_EQ(Open(WithHeader([](auto& h) { h.bits = 7; })), ErrorCode::kCorruption);
  EXPECT_EQ(Open(WithHeader([](auto& h) { h.token_text_bytes = 0xffffffff; })), ErrorCode::kCorruption);
}

TEST_F(StaticModelFileTest, NumbersThatLeadOutsideAreNoticed) {
  StaticModelHeader header;
  std::memcpy(&header, bytes_.data(), sizeof(header));
  const StaticModelSections at(header);
  const auto with = [&](size_t position, auto number) {
    std::string bytes = bytes_;
    std::memcpy(bytes.data() + position, &number, sizeof(number));
    header.checksum = Hash64(std::string_view(bytes).substr(sizeof(header)));
    header.header_checksum =
        Hash64({reinterpret_cast<const char*>(&header), offsetof(StaticModelHeader, header_checksum)});
    std::memcpy(bytes.data(), &header, sizeof(header));
    return Open(bytes);
  };
  for (size_t i = 0; i < header.slots; ++i) EXPECT_EQ(with(at.slots + i * 8, uint64_t{6}), ErrorCode::kCorruption);
  EXPECT_EQ(with(at.row_weights, uint16_t{0x8000}), ErrorCode::kCorruption);
  EXPECT_EQ(with(at.token_ends, uint32_t{1000}), ErrorCode::kCorruption);
}

}  // namespace
}  // namespace rem
