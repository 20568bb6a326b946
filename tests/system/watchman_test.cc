// A real guest's watchman: a step back that nobody announced.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <iostream>
#include <string>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "tests/system/corrected_guest.h"
#include "tests/system/mail_load.h"

namespace noonmark::testing {
namespace {

constexpr char kReloading[] = "SIGHUP received - reloading configuration";

class LongWatchmanTest : public CorrectedGuest {};

TEST_F(LongWatchmanTest, EndsDovecotsRefusalWithinAMinute) {
  const absl::Duration patience = absl::FromChrono(kPatience);
  for (const std::string step : {"-200", "-4398.046511"}) {
    SCOPED_TRACE(step);
    clock_->SetRight();
    RestartMail();
    MailLoad load(guest_->Mail(), patience, "watched" + step + "-");
    load.AwaitAll(patience);
    // Follows the journal until Dovecot says that it was told to reload.
    std::promise<void> follows;
    std::future<MailLoad::Moment> reloaded =
        std::async(std::launch::async, [&] {
          const std::string cursor = guest_->Run(
              "journalctl --quiet --show-cursor --lines=0 | "
              "sed -n 's/^-- cursor: //p'");
          follows.set_value();
          guest_->Run(absl::StrFormat(
              "timeout 50 journalctl --quiet --follow --lines=all "
              "--after-cursor='%s' --unit=dovecot.service | "
              "grep --max-count=1 '%s'",
              cursor.substr(0, cursor.find('\n')), kReloading));
          return MailLoad::Moment::clock::now();
        });
    follows.get_future().wait();
    load.AwaitNoop(patience);
    const GuestClock::Obeyed stepped = clock_->Order("step " + step);
    const MailLoad::Moment acted = reloaded.get();
    load.AwaitLogin(patience);
    const MailLoad::Moment in = MailLoad::Moment::clock::now();
    std::cout << absl::StreamFormat(
                     "guest: %s s, unannounced: Dovecot was reloaded %.1f s "
                     "later, a login worked %.1f s after that\n",
                     step,
                     absl::ToDoubleSeconds(
                         absl::FromChrono(acted - stepped.ordered)),
                     absl::ToDoubleSeconds(absl::FromChrono(in - acted)))
              << std::flush;
    EXPECT_LE(acted - stepped.answered, std::chrono::seconds(5));
    EXPECT_LE(in - acted, std::chrono::seconds(60));
  }
}

}  // namespace
}  // namespace noonmark::testing
