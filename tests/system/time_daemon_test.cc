// Time daemons with Debian's own configurations around a correction: one that
// is started anew may set the clock back to what was wrong.

#include <gtest/gtest.h>

#include <iostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "tests/system/corrected_guest.h"
#include "tests/system/mail_load.h"
#include "tests/system/watched_guest.h"

namespace noonmark::testing {
namespace {

constexpr char kTimesyncd[] = "systemd-timesyncd.service";
constexpr absl::Duration kAmount = absl::Microseconds(4'398'046'511);

class LongTimeDaemonTest : public CorrectedGuest {
 protected:
  // It runs while the clock is ahead, as long as it takes it to note that.
  void RunAhead(const std::string& daemon) {
    SCOPED_TRACE(daemon);
    SetWrong(kAmount);
    guest_->Run("systemctl restart " + daemon);
    // Of timesyncd, what it does once a minute when it is synchronised.
    guest_->Run("touch -c /var/lib/systemd/timesync/clock");
    RestartMail();
  }
  void ExpectStaysRightWith(const std::string& daemon) {
    SCOPED_TRACE(daemon);
    RunAhead(daemon);
    WaitUntilPlanned(v1::PLAN_WAY_QUIESCED_STEP);
    const v1::Operation done = Correct();
    EXPECT_NEAR(absl::ToDoubleSeconds(FromProto(done.moved())),
                -absl::ToDoubleSeconds(kAmount), 0.05);
    ExpectRight();
    EXPECT_EQ(guest_->ActiveState(daemon), "active");
    const absl::Duration up =
        guest_->Moment(daemon, "ActiveEnterTimestampMonotonic");
    const absl::Duration mail =
        guest_->Moment("dovecot.service", "InactiveExitTimestampMonotonic");
    std::cout << absl::StreamFormat(
                     "guest: corrected by -4398.046511 s with %s: mail was "
                     "started %.1f s after it, offset [%+.6f s, %+.6f s]\n",
                     daemon, absl::ToDoubleSeconds(mail - up),
                     absl::ToDoubleSeconds(FromProto(done.after().lo())),
                     absl::ToDoubleSeconds(FromProto(done.after().hi())))
              << std::flush;
    EXPECT_GT(mail, up);
    MailLoad(guest_->Mail(), absl::FromChrono(kPatience));
    ExpectRight();
    guest_->Run("systemctl stop " + daemon);
  }
};

TEST_F(LongTimeDaemonTest, LeavesACorrectedClockRight) {
  for (const std::string daemon :
       {"chrony.service", "ntpsec.service", "systemd-timesyncd.service"}) {
    ExpectStaysRightWith(daemon);
  }
}

// The same by hand: what it is that a correction avoids.
TEST_F(LongTimeDaemonTest, UndoesAStepThatIsMadeByHand) {
  RunAhead(kTimesyncd);
  guest_->Run(absl::StrCat("systemctl stop ", kTimesyncd));
  clock_->Order("step -4398.046511");
  host_->WaitUntil(kGuest, IsOk, kPatience);
  guest_->Run(absl::StrCat("systemctl start ", kTimesyncd));
  const v1::Guest wrong = host_->WaitUntil(
      kGuest,
      [](const v1::Guest& guest) {
        return FromProto(guest.offset().lo()) > absl::Hours(1);
      },
      kPatience);
  std::cout << absl::StreamFormat(
                   "guest: set by -4398.046511 s between a stop and a start "
                   "of systemd-timesyncd by hand: %+.1f s afterwards\n",
                   absl::ToDoubleSeconds(FromProto(wrong.offset().lo())))
            << std::flush;
}

}  // namespace
}  // namespace noonmark::testing
