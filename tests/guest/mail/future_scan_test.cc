#include "guest/mail/future_scan.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "tests/support/temporary_directory.h"

namespace noonmark {
namespace {

using ::noonmark::testing::TemporaryDirectory;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

MATCHER_P2(IsDated, kind, ahead, "") {
  *result_listener << FutureKindName(arg.kind) << " " << arg.path << " "
                   << arg.ahead;
  return arg.kind == kind && arg.ahead == ahead;
}

class FutureScanTest : public ::testing::Test {
 protected:
  FutureScanTest() {
    options_.mail = {folder_.Path("home")};
    options_.postfix = {folder_.Path("postfix")};
    options_.exim = {folder_.Path("exim4")};
  }

  std::string Dated(const std::string& name, absl::Duration ahead) const {
    const std::string path = folder_.Write(name, "x");
    const timespec when = absl::ToTimespec(kNow + ahead);
    const timespec times[] = {when, when};
    EXPECT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
    return path;
  }
  FutureScan Scan() const { return ScanFuture(options_, kNow); }

  TemporaryDirectory folder_;
  FutureScanOptions options_;
};

TEST_F(FutureScanTest, FindsNothingWhereThereIsNothing) {
  const FutureScan scan = Scan();
  EXPECT_THAT(scan.found, IsEmpty());
  EXPECT_TRUE(scan.complete);
  EXPECT_EQ(FutureScanText(scan), "0 of 0 files are dated in the future\n");
}

TEST_F(FutureScanTest, SortsWhatItFindsByNameAndPlace) {
  const absl::Duration ahead = absl::Seconds(4398);
  Dated("home/a/Maildir/dovecot-uidlist.lock", ahead);
  Dated("home/a/Maildir/dovecot.index.log", ahead - absl::Seconds(1));
  Dated("home/a/Maildir/dovecot-uidlist", ahead - absl::Seconds(2));
  Dated("home/a/.dovecot.sieve", ahead - absl::Seconds(3));
  Dated("home/a/sieve/away", ahead - absl::Seconds(4));
  Dated("postfix/incoming/1A", ahead - absl::Seconds(5));
  Dated("postfix/active/2B", ahead - absl::Seconds(6));
  Dated("postfix/deferred/3/3C", ahead - absl::Seconds(7));
  Dated("exim4/db/retry", ahead - absl::Seconds(8));
  // Dates that mean nothing to mail.
  Dated("home/a/Maildir/cur/1.M1P1.host:2,S", ahead);
  Dated("home/a/letter.txt", ahead);
  Dated("postfix/pid/master.pid", ahead);
  Dated("exim4/db/retry.lockfile", ahead);
  Dated("exim4/input/x", ahead);

  const FutureScan scan = Scan();
  EXPECT_THAT(
      scan.found,
      ElementsAre(
          IsDated(FutureKind::kDotlock, ahead),
          IsDated(FutureKind::kDovecotIndex, ahead - absl::Seconds(1)),
          IsDated(FutureKind::kDovecotIndex, ahead - absl::Seconds(2)),
          IsDated(FutureKind::kSieve, ahead - absl::Seconds(3)),
          IsDated(FutureKind::kSieve, ahead - absl::Seconds(4)),
          IsDated(FutureKind::kPostfixQueue, ahead - absl::Seconds(5)),
          IsDated(FutureKind::kPostfixQueue, ahead - absl::Seconds(6)),
          IsDated(FutureKind::kPostfixDeferred, ahead - absl::Seconds(7)),
          IsDated(FutureKind::kEximHints, ahead - absl::Seconds(8))));
  EXPECT_EQ(scan.files, 14u);
}

TEST_F(FutureScanTest, LeavesADeferredMessageThatOnlyWaitsForItsAttempt) {
  const absl::Duration longest =
      options_.postfix_longest_pause + options_.tolerance;
  Dated("postfix/deferred/a", longest);
  EXPECT_THAT(Scan().found, IsEmpty());
  Dated("postfix/deferred/b", longest + absl::Nanoseconds(1));
  EXPECT_THAT(Scan().found, SizeIs(1));
}

TEST_F(FutureScanTest, AllowsTheToleranceAndNotANanosecondMore) {
  Dated("home/a.lock", options_.tolerance);
  EXPECT_THAT(Scan().found, IsEmpty());
  Dated("home/b.lock", options_.tolerance + absl::Nanoseconds(1));
  EXPECT_THAT(Scan().found, SizeIs(1));
}

TEST_F(FutureScanTest, KeepsTheFurthestAndCountsTheRest) {
  options_.most_found = 2;
  for (int i = 1; i <= 5; ++i) {
    Dated("home/" + std::to_string(i) + ".lock", absl::Minutes(i));
  }
  const FutureScan scan = Scan();
  EXPECT_THAT(scan.found,
              ElementsAre(IsDated(FutureKind::kDotlock, absl::Minutes(5)),
                          IsDated(FutureKind::kDotlock, absl::Minutes(4))));
  EXPECT_EQ(scan.counts[static_cast<size_t>(FutureKind::kDotlock)], 5u);
  EXPECT_THAT(FutureScanText(scan), HasSubstr("3 more are not listed\n"));
}

TEST_F(FutureScanTest, SaysWhereItStopped) {
  options_.most_files = 2;
  for (int i = 1; i <= 3; ++i) {
    Dated("home/" + std::to_string(i) + ".lock", absl::Minutes(i));
  }
  EXPECT_FALSE(Scan().complete);
  EXPECT_THAT(FutureScanText(Scan()),
              HasSubstr("not all files were looked at"));
}

TEST_F(FutureScanTest, FollowsNoLinkAndTouchesNothing) {
  const std::string file = Dated("elsewhere/a.lock", absl::Hours(1));
  Dated("home/old", -absl::Hours(1));
  std::filesystem::create_directory_symlink(folder_.Path("elsewhere"),
                                            folder_.Path("home/link"));
  EXPECT_THAT(Scan().found, IsEmpty());
  struct stat after = {};
  ASSERT_EQ(stat(file.c_str(), &after), 0);
  EXPECT_EQ(absl::TimeFromTimespec(after.st_mtim), kNow + absl::Hours(1));
}

TEST_F(FutureScanTest, PrintsNamesThatAStrangerChoseSafely) {
  Dated("home/evil\n\x1b[2J.lock", absl::Hours(1));
  EXPECT_THAT(FutureScanText(Scan()), HasSubstr("evil\\n\\x1b[2J.lock"));
}

}  // namespace
}  // namespace noonmark
