#include "host/reference/chrony_watcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/runtime/system_clock.h"
#include "tests/support/temporary_directory.h"

namespace noonmark {
namespace {

using ::noonmark::testing::TemporaryDirectory;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kAnswer[] =
    "echo C0000201,192.0.2.1,3,1795290229.465134824,-0.000000718,0.000000016,"
    "0.000000244,-0.025,0.001,0.067,0.000004687,0.000002321,64.5,Normal";

class ChronyWatcherTest : public ::testing::Test {
 protected:
  // A chronyc of these lines of shell.
  void Chronyc(const std::string& lines) {
    options_.chronyc = folder_.Write("chronyc", "#!/bin/sh\n" + lines + "\n");
    chmod(options_.chronyc.c_str(), 0700);
  }
  ChronyReport Ask() { return AskChrony(options_, clock_, -1); }

  void Watch() {
    watcher_.emplace(options_, clock_, [this](ChronyReport report) {
      const std::lock_guard lock(mutex_);
      reports_.push_back(std::move(report));
      told_.notify_one();
    });
  }
  // The report of this number, from 0; waits for it.
  ChronyReport Report(size_t number) {
    std::unique_lock lock(mutex_);
    told_.wait(lock, [&] { return reports_.size() > number; });
    return reports_[number];
  }

  TemporaryDirectory folder_;
  SystemClock clock_;
  ChronyOptions options_{.chronyc = "",
                         .interval = absl::Hours(1),
                         .limits = {.time = absl::Minutes(1), .bytes = 4096}};
  std::mutex mutex_;
  std::condition_variable told_;
  std::vector<ChronyReport> reports_;
  std::optional<ChronyWatcher> watcher_;
};

TEST_F(ChronyWatcherTest, AsksForTrackingWithoutNames) {
  Chronyc("[ \"$*\" = '-c -n tracking' ] && " + std::string(kAnswer));
  const MonotonicTime before = clock_.Now();
  const ChronyReport report = Ask();
  ASSERT_TRUE(report.tracking.has_value()) << report.error;
  EXPECT_EQ(report.tracking->stratum, 3);
  EXPECT_THAT(report.error, IsEmpty());
  EXPECT_GE(report.asked, before);
  EXPECT_LE(report.asked, clock_.Now());
  EXPECT_GT(report.realtime, absl::ZeroDuration());
}

TEST_F(ChronyWatcherTest, SaysWhyThereIsNoAnswer) {
  const struct {
    const char* lines;
    const char* error;
  } cases[] = {
      {"echo '506 Cannot talk to daemon'; exit 1",
       "chronyc ends with 1: 506 Cannot talk to daemon"},
      {"exit 127", "chronyc ends with 127"},
      {"echo 501 Not authorised", "1 fields, not 14"},
      {"true", "fields"},
      {"printf 'a\\033[2Jb\\nc'; exit 1", "a?[2Jb"},
      {"while :; do echo 0; done", "4096 bytes"},
      {"kill -9 $$", "signal"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.lines);
    Chronyc(c.lines);
    const ChronyReport report = Ask();
    EXPECT_FALSE(report.tracking.has_value());
    EXPECT_THAT(report.error, HasSubstr(c.error));
    EXPECT_EQ(report.error.find('\033'), std::string::npos);
    EXPECT_EQ(report.error.find('\n'), std::string::npos);
  }
}

TEST_F(ChronyWatcherTest, ComplainsOfNothingWhereThereIsNoChrony) {
  options_.chronyc = folder_.Path("none");
  const ChronyReport report = Ask();
  EXPECT_FALSE(report.tracking.has_value());
  EXPECT_THAT(report.error, IsEmpty());
}

TEST_F(ChronyWatcherTest, AsksAtOnceAndAgainWhenTheClockWasSet) {
  Chronyc(kAnswer);
  Watch();
  EXPECT_TRUE(Report(0).tracking.has_value());
  watcher_->AskNow();
  EXPECT_GT(Report(1).asked, Report(0).asked);
}

TEST_F(ChronyWatcherTest, AsksEverySoOften) {
  options_.interval = absl::Milliseconds(10);
  Chronyc(kAnswer);
  Watch();
  const absl::Duration apart = Report(2).asked - Report(1).asked;
  EXPECT_GE(apart, absl::Milliseconds(10));
}

TEST_F(ChronyWatcherTest, EndsAtOnceWhileChronycHangs) {
  Chronyc("echo > " + folder_.Path("begun") + "; sleep 1000");
  Watch();
  const MonotonicTime before = clock_.Now();
  watcher_.reset();
  EXPECT_LT(clock_.Now() - before, absl::Seconds(30));
  EXPECT_THAT(reports_, IsEmpty());
}

TEST_F(ChronyWatcherTest, AsksNobodyWithoutAPath) {
  Watch();
  watcher_->AskNow();
  watcher_.reset();
  EXPECT_THAT(reports_, IsEmpty());
}

}  // namespace
}  // namespace noonmark
