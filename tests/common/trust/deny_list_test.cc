#include "common/trust/deny_list.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"

namespace noonmark {
namespace {

using ::noonmark::testing::IsOk;
using ::noonmark::testing::StatusIs;

KeyHash Key(uint8_t first) {
  KeyHash key = {};
  key[0] = first;
  key[31] = 0xab;
  return key;
}

TEST(DenyListTest, HoldsWhatWasWrittenAndNothingElse) {
  const auto list = DenyList::Parse(
      absl::StrCat("# a comment\n\n", DenyLine(Key(1), "guest x: stolen"), "  ",
                   FormatKeyHash(Key(2)), "\r\n"));
  ASSERT_THAT(list, IsOk());
  EXPECT_EQ(list->size(), 2u);
  EXPECT_TRUE(list->Contains(Key(1)));
  EXPECT_TRUE(list->Contains(Key(2)));
  EXPECT_FALSE(list->Contains(Key(3)));
  EXPECT_EQ(DenyList::Parse("")->size(), 0u);
}

TEST(DenyListTest, IsNotUsedInPart) {
  const std::string good = DenyLine(Key(1), "");
  for (const std::string& bad : std::vector<std::string>{
           "sha256:", "sha256:ab", "ab", "sha1:" + std::string(64, 'a'),
           "sha256:" + std::string(63, 'a') + "g",
           "sha256:" + std::string(65, 'a'),
           "sha256:" + std::string(64, 'a') + " more"}) {
    EXPECT_THAT(DenyList::Parse(absl::StrCat(good, bad, "\n", good)),
                StatusIs(absl::StatusCode::kInvalidArgument, "line 2"))
        << bad;
  }
}

TEST(DenyListTest, KeepsARemarkOnItsLine) {
  const std::string line =
      DenyLine(Key(1), "why\nsha256:" + std::string(64, 'b'));
  const auto list = DenyList::Parse(line);
  ASSERT_THAT(list, IsOk());
  EXPECT_EQ(list->size(), 1u);
}

}  // namespace
}  // namespace noonmark
