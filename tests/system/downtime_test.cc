// How long mail is away for a correction, beside a restart by hand.

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "tests/system/corrected_guest.h"
#include "tests/system/mail_load.h"
#include "tests/system/watched_guest.h"

namespace noonmark::testing {
namespace {

constexpr absl::Duration kAmount = absl::Seconds(-60);
constexpr int kPairs = 5;
constexpr double kMostTimes = 1.3;

absl::Duration Median(std::vector<absl::Duration> times) {
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

class LongDowntimeTest : public CorrectedGuest {
 protected:
  // Without a login, in the eyes of one client, as long as `away` takes mail
  // away.
  template <typename Away>
  absl::Duration Without(MailLoad& load, const Away& away) {
    const absl::Duration patience = absl::FromChrono(kPatience);
    load.AwaitAll(patience);
    const auto begun = MailLoad::Moment::clock::now();
    away();
    load.AwaitAll(patience);
    return load.LongestWithoutLogin(begun);
  }
};

TEST_F(LongDowntimeTest, IsNearThatOfARestartByHand) {
  MailLoad load(guest_->Mail(), absl::FromChrono(kPatience), "load-", 1);
  std::vector<absl::Duration> corrected;
  std::vector<absl::Duration> restarted;
  for (int pair = 0; pair < kPairs && !HasFailure(); ++pair) {
    restarted.push_back(Without(load, [&] {
      guest_->Run(
          "systemctl stop postfix@-.service dovecot.service && "
          "systemctl start dovecot.service postfix@-.service");
    }));
    MakeWrong(-kAmount);
    WaitUntilPlanned(v1::PLAN_WAY_QUIESCED_STEP);
    corrected.push_back(
        Without(load, [&] { Correct(std::chrono::minutes(3)); }));
    std::cout << absl::StreamFormat(
                     "guest: %.1f s without a login, restarted by hand; %.1f s "
                     "corrected by -1m\n",
                     absl::ToDoubleSeconds(restarted.back()),
                     absl::ToDoubleSeconds(corrected.back()))
              << std::flush;
  }
  ASSERT_EQ(corrected.size(), static_cast<size_t>(kPairs));
  const double times = absl::FDivDuration(Median(corrected), Median(restarted));
  std::cout << absl::StreamFormat(
                   "guest: %d times each: %.1f s without a login corrected, "
                   "%.1f s restarted by hand (medians): %.2f times as long\n",
                   kPairs, absl::ToDoubleSeconds(Median(corrected)),
                   absl::ToDoubleSeconds(Median(restarted)), times)
            << std::flush;
  EXPECT_LE(times, kMostTimes);
}

}  // namespace
}  // namespace noonmark::testing
