#include "common/correct/order.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"

namespace noonmark {
namespace {

// All values of an enum that has no gaps.
template <typename Enum>
std::vector<Enum> UpTo(Enum last) {
  std::vector<Enum> all;
  for (int i = 0; i <= static_cast<int>(last); ++i) {
    all.push_back(static_cast<Enum>(i));
  }
  return all;
}

template <typename Enum, typename Name>
void ExpectOneKebabNameEach(Enum last, Name name) {
  std::set<std::string> seen;
  for (const Enum value : UpTo(last)) {
    const std::string text(name(value));
    EXPECT_NE(text, "") << static_cast<int>(value);
    EXPECT_TRUE(seen.insert(text).second) << text;
    for (const char c : text) {
      EXPECT_TRUE(absl::ascii_islower(static_cast<unsigned char>(c)) ||
                  c == '-')
          << text;
    }
  }
}

TEST(OrderNamesTest, AreKebabCaseAndTellAllApart) {
  ExpectOneKebabNameEach(OperationPhase::kEnded, PhaseName);
  ExpectOneKebabNameEach(CorrectionFate::kUnknown, FateName);
  ExpectOneKebabNameEach(OperationOutcome::kResumeFailed, OutcomeName);
  ExpectOneKebabNameEach(Refusal::kRange, RefusalName);
}

TEST(OrderNamesTest, EveryRefusalHasASentence) {
  for (const Refusal refusal : UpTo(Refusal::kRange)) {
    const std::string meaning(RefusalMeaning(refusal));
    ASSERT_GT(meaning.size(), 10u) << RefusalName(refusal);
    EXPECT_TRUE(absl::ascii_isupper(static_cast<unsigned char>(meaning[0])));
    EXPECT_EQ(meaning.back(), '.');
  }
}

TEST(OperationIdTest, IsWrittenAsRfc4122AndReadBack) {
  OperationId id;
  for (size_t i = 0; i < id.bytes.size(); ++i) {
    id.bytes[i] = static_cast<uint8_t>(0xf0 + i * 17);
  }
  const std::string text = OperationIdText(id);
  EXPECT_EQ(text, "f0011223-3445-5667-7889-9aabbccddeef");
  EXPECT_EQ(ParseOperationId(text), id);
  EXPECT_EQ(OperationIdText(OperationId()),
            "00000000-0000-0000-0000-000000000000");
  EXPECT_TRUE(
      ParseOperationId("00000000-0000-0000-0000-000000000000")->IsNone());
}

TEST(OperationIdTest, IsReadFromNothingElse) {
  for (const char* text : {"", "f0011223344556677889-9aabbccddeef",
                           "f0011223-3445-5667-7889-9aabbccddee",
                           "f0011223-3445-5667-7889-9aabbccddeeff",
                           "F0011223-3445-5667-7889-9aabbccddeef",
                           "f0011223-3445-5667-7889-9aabbccddee ",
                           "f0011223-3445-5667-78899-aabbccddeef",
                           "g0011223-3445-5667-7889-9aabbccddeef",
                           "{0011223-3445-5667-7889-9aabbccddee}"}) {
    EXPECT_EQ(ParseOperationId(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace noonmark
