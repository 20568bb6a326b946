// Whoever dies while a guest's mail rests: mail comes back.

#include <gtest/gtest.h>

#include <csignal>
#include <iostream>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "tests/system/corrected_guest.h"
#include "tests/system/mail_load.h"

namespace noonmark::testing {
namespace {

constexpr char kDovecot[] = "dovecot.service";
constexpr absl::Duration kLease = absl::Seconds(45);
// What is promised: the timer ticks every 2 s, and what it runs has to start.
constexpr absl::Duration kAfterLease = absl::Seconds(5);

class LongLostCorrectorTest : public CorrectedGuest {
 protected:
  void Quiesce() {
    SetWrong(absl::ZeroDuration());
    host_->WaitUntil(kGuest, IsOk, kPatience);
    before_ = guest_->Boottime();
    const Outcome rests = host_->Order(
        {"quiesce", kGuest, "--lease", absl::FormatDuration(kLease)},
        kPatience);
    ASSERT_EQ(rests.exit_code, 0)
        << rests.out << rests.err
        << guest_->Run("journalctl --quiet --no-pager --lines=100");
    ASSERT_NE(guest_->ActiveState(kDovecot), "active");
  }
  void AwaitMail() const {
    MailLoad load(guest_->Mail(), absl::FromChrono(kPatience));
  }
  // By the guest's own clock that nobody sets, from before the order: a lease
  // that was begun after that ends later.
  void ExpectStartedByItsEnd(const std::string& what) const {
    const absl::Duration start =
        guest_->Moment(kDovecot, "InactiveExitTimestampMonotonic") - before_;
    std::cout << absl::StreamFormat(
                     "guest: %s while mail rested: its start was issued %.1f s "
                     "after the order to rest, of a lease of %.0f s\n",
                     what, absl::ToDoubleSeconds(start),
                     absl::ToDoubleSeconds(kLease))
              << std::flush;
    EXPECT_LE(start, kLease + kAfterLease);
  }

  absl::Duration before_;
};

TEST_F(LongLostCorrectorTest, BringsMailBackByPid1WhenAllOfItWasKilled) {
  // Nobody starts them anew, and their end itself does nothing.
  guest_->Run(
      "for unit in noonmark-agent noonmark-corrector; do "
      "mkdir -p /run/systemd/system/$unit.service.d && "
      "printf '[Service]\\nRestart=no\\nExecStopPost=\\n' "
      ">/run/systemd/system/$unit.service.d/dead.conf; done && "
      "systemctl daemon-reload");
  Quiesce();
  guest_->Run(
      "systemctl kill --signal=KILL noonmark-corrector.service "
      "noonmark-agent.service");
  AwaitMail();
  ExpectStartedByItsEnd("agent and corrector killed for good");
  EXPECT_EQ(guest_->ActiveState("noonmark-corrector.service"), "failed");
  EXPECT_EQ(guest_->ActiveState("noonmark-agent.service"), "failed");
}

TEST_F(LongLostCorrectorTest, BringsMailBackWithoutDom0) {
  Quiesce();
  host_->daemon().Signal(SIGKILL);
  EXPECT_EQ(host_->daemon().Wait(), -SIGKILL);
  AwaitMail();
  ExpectStartedByItsEnd("dom0's noonmarkd killed");
}

TEST_F(LongLostCorrectorTest, BringsMailBackWithoutANetwork) {
  Quiesce();
  guest_->CutNetwork();
  std::this_thread::sleep_for(absl::ToChronoSeconds(kLease + kAfterLease));
  guest_->MendNetwork();
  AwaitMail();
  ExpectStartedByItsEnd("network cut");
}

TEST_F(LongLostCorrectorTest, BringsMailBackAfterAPowerCut) {
  // A boot alone would not start it.
  guest_->Run("systemctl disable --quiet dovecot.service && sync");
  Quiesce();
  guest_->PowerCycle();
  AwaitMail();
  // Since the kernel began.
  const auto issued = [&](const std::string& unit) {
    return guest_->Moment(unit, "InactiveExitTimestampMonotonic");
  };
  const absl::Duration start = issued(kDovecot);
  const absl::Duration resume = issued("noonmark-resume-boot.service");
  std::cout << absl::StreamFormat(
                   "guest: power cut while mail rested: its start was issued "
                   "%.1f s after the boot began, %.1f s after that of "
                   "noonmark-resume-boot, of a lease of %.0f s\n",
                   absl::ToDoubleSeconds(start),
                   absl::ToDoubleSeconds(start - resume),
                   absl::ToDoubleSeconds(kLease))
            << std::flush;
  EXPECT_GT(start, resume);
  EXPECT_LE(start, kLease + kAfterLease);
}

}  // namespace
}  // namespace noonmark::testing
