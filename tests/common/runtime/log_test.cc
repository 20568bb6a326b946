#include "common/runtime/log.h"

#include <gtest/gtest.h>

namespace noonmark {
namespace {

TEST(LogLineTest, NamesTheProgramWhereAPersonReads) {
  EXPECT_EQ(LogLine(LogLevel::kInfo, "listening", false, "noonmark-agent"),
            "noonmark-agent: listening\n");
  EXPECT_EQ(LogLine(LogLevel::kWarning, "slow", false, "noonmarkd"),
            "noonmarkd: warning: slow\n");
  EXPECT_EQ(LogLine(LogLevel::kError, "no such file", false, "noonmarkd"),
            "noonmarkd: error: no such file\n");
}

TEST(LogLineTest, GivesTheJournalItsPriority) {
  EXPECT_EQ(LogLine(LogLevel::kDebug, "m", true, "p"), "<7>m\n");
  EXPECT_EQ(LogLine(LogLevel::kInfo, "m", true, "p"), "<6>m\n");
  EXPECT_EQ(LogLine(LogLevel::kWarning, "m", true, "p"), "<4>m\n");
  EXPECT_EQ(LogLine(LogLevel::kError, "m", true, "p"), "<3>m\n");
}

TEST(LogLineTest, KeepsAMessageOnItsLine) {
  EXPECT_EQ(LogLine(LogLevel::kInfo, "a\n<0>b\r\x1B[2J\x7F", true, "p"),
            "<6>a <0>b  [2J \n");
}

TEST(LogTest, WritesWhatIsImportantEnough) {
  ::testing::internal::CaptureStderr();
  LogInfo("first");
  LogDebug("too small");
  SetLogLevel(LogLevel::kDebug);
  LogDebug("second");
  SetLogLevel(LogLevel::kInfo);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            "runtime_test: first\nruntime_test: debug: second\n");
}

TEST(LogTest, WritesEachLineOfAText) {
  ::testing::internal::CaptureStderr();
  LogLines(LogLevel::kInfo, "first\nsecond\n");
  LogLines(LogLevel::kInfo, "third");
  LogLines(LogLevel::kInfo, "");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            "runtime_test: first\nruntime_test: second\nruntime_test: third\n");
}

}  // namespace
}  // namespace noonmark
