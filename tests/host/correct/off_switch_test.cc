#include "host/correct/off_switch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace noonmark {
namespace {

using ::noonmark::testing::IsOk;
using ::noonmark::testing::TemporaryDirectory;
using ::testing::HasSubstr;

TEST(OffSwitchTest, IsOnWhileTheFileIsThere) {
  const TemporaryDirectory directory;
  const OffSwitch off(directory.Path("off"));
  EXPECT_EQ(off.Why(), "");
  ASSERT_THAT(off.Set("moving the racks"), IsOk());
  EXPECT_EQ(off.Why(), "moving the racks");
  ASSERT_THAT(off.Clear(), IsOk());
  EXPECT_EQ(off.Why(), "");
}

TEST(OffSwitchTest, TakesATouchedFile) {
  const TemporaryDirectory directory;
  const std::string path = directory.Write("off", "");
  EXPECT_EQ(OffSwitch(path).Why(), "there is " + path);
  // One that cannot be read is there, too.
  EXPECT_THAT(OffSwitch(directory.path()).Why(), HasSubstr("Is a directory"));
}

TEST(OffSwitchTest, PrintsNoControlCharacterOfTheFile) {
  const TemporaryDirectory directory;
  EXPECT_EQ(OffSwitch(directory.Write("off", "a\x1b[2J\nb")).Why(),
            "a\\033[2J");
}

}  // namespace
}  // namespace noonmark
