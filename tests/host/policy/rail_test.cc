#include "host/policy/rail.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "absl/strings/match.h"
#include "host/policy/length_text.h"

namespace noonmark {
namespace {

TEST(RailTest, HasANameAndAMeaningForEach) {
  std::set<std::string_view> names;
  for (const Rail rail : AllRails()) {
    SCOPED_TRACE(RailName(rail));
    EXPECT_FALSE(RailName(rail).empty());
    EXPECT_EQ(RailName(rail).find_first_not_of("abcdefghijklmnopqrstuvwxyz-"),
              std::string_view::npos);
    EXPECT_TRUE(names.insert(RailName(rail)).second);
    EXPECT_TRUE(absl::EndsWith(std::string(RailMeaning(rail)), "."));
  }
  EXPECT_EQ(names.size(), static_cast<size_t>(Rail::kSuspectHost) + 1);
}

TEST(LengthTextTest, TellsLengthsInTheUnitThatFits) {
  EXPECT_EQ(LengthOf(absl::Milliseconds(450)), "450 ms");
  EXPECT_EQ(LengthOf(absl::Milliseconds(1500)), "1.5 s");
  EXPECT_EQ(LengthOf(absl::Seconds(10)), "10 s");
  EXPECT_EQ(LengthOf(absl::Seconds(100)), "100 s");
  EXPECT_EQ(LengthOf(absl::Seconds(60)), "60 s");
  EXPECT_EQ(LengthOf(absl::Seconds(120)), "2 min");
  EXPECT_EQ(LengthOf(absl::Hours(1)), "1 h");
  EXPECT_EQ(LengthOf(absl::Hours(24)), "24 h");
  EXPECT_EQ(LengthOf(-absl::Seconds(6)), "-6 s");
  EXPECT_EQ(LengthOf(absl::Microseconds(10)), "1e-05 s");
  EXPECT_EQ(LengthOf(absl::ZeroDuration()), "0 s");
}

}  // namespace
}  // namespace noonmark
