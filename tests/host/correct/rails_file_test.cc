#include "host/correct/rails_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/status_matchers.h"

namespace noonmark {
namespace {

using ::noonmark::testing::IsOk;
using ::noonmark::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

BootId Boot(uint8_t last) {
  BootId boot;
  boot.bytes[15] = last;
  return boot;
}

Rails::Memory Some() {
  Rails::Memory memory;
  memory.held["uuid-1"] = "its clock was moved,\nand is not right";
  memory.begun["uuid-2"] = {MonotonicTime::FromReading(absl::Seconds(5)),
                            MonotonicTime::FromReading(absl::Seconds(9))};
  memory.breaker = "2 of 3 went wrong";
  memory.failed_resumes = 1;
  return memory;
}

TEST(RailsFileTest, GivesBackWhatItWasGiven) {
  const absl::StatusOr<Rails::Memory> memory =
      ParseRailsText(RailsText(Some(), Boot(1)), Boot(1));
  ASSERT_THAT(memory, IsOk());
  EXPECT_EQ(memory->held.at("uuid-1"), "its clock was moved, and is not right");
  EXPECT_THAT(memory->begun.at("uuid-2"),
              ElementsAre(MonotonicTime::FromReading(absl::Seconds(5)),
                          MonotonicTime::FromReading(absl::Seconds(9))));
  EXPECT_EQ(memory->breaker, "2 of 3 went wrong");
  EXPECT_EQ(memory->failed_resumes, 1);
}

TEST(RailsFileTest, LeavesOutMomentsOfAnotherBoot) {
  const absl::StatusOr<Rails::Memory> memory =
      ParseRailsText(RailsText(Some(), Boot(1)), Boot(2));
  ASSERT_THAT(memory, IsOk());
  EXPECT_EQ(memory->held.size(), 1u);
  EXPECT_THAT(memory->begun, IsEmpty());
}

TEST(RailsFileTest, NeverTakesAFileThatItDoesNotUnderstand) {
  const std::string good = RailsText(Some(), Boot(1));
  EXPECT_THAT(ParseRailsText("", Boot(1)),
              StatusIs(absl::StatusCode::kInvalidArgument, "line 1"));
  for (const char* line :
       {"held\n", "held uuid-1\n", "begun uuid-1 soon\n", "boot here\n",
        "failed-resumes many\n", "breaker \n", "released uuid-1\n"}) {
    SCOPED_TRACE(line);
    EXPECT_THAT(ParseRailsText(good + line, Boot(1)),
                StatusIs(absl::StatusCode::kInvalidArgument, "line 8"));
  }
}

}  // namespace
}  // namespace noonmark
