#include "tests/simulation/commands.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/temporary_directory.h"

namespace noonmark::simulation {
namespace {

using ::noonmark::testing::TemporaryDirectory;

// What it prints of `count` lives, but for the seconds.
std::string Seeds(uint64_t count, const std::string& progress_file) {
  ::testing::internal::CaptureStdout();
  EXPECT_EQ(RunSeeds(/*first=*/31, count, progress_file, /*threads=*/1), 0);
  const std::string printed = ::testing::internal::GetCapturedStdout();
  return printed.substr(0, printed.rfind(';'));
}

TEST(CommandsTest, GoesOnWithSeedsWhereItWasAndPrintsTheSame) {
  const TemporaryDirectory directory;
  const std::string file = directory.Path("progress");
  const std::string whole = Seeds(24, "");
  EXPECT_NE(whole.find("0 of 24 seeds failed"), std::string::npos) << whole;
  EXPECT_NE(Seeds(9, file), whole);
  EXPECT_EQ(Seeds(24, file), whole);
  EXPECT_EQ(Seeds(24, file), whole);  // nothing was left to do
}

}  // namespace
}  // namespace noonmark::simulation
