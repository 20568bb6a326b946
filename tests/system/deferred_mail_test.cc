// Mail that waits for its next try as the guest's clock goes back, which nobody
// announced.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <iostream>
#include <string>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "tests/system/corrected_guest.h"
#include "tests/system/mail_connection.h"

namespace noonmark::testing {
namespace {

using Moment = std::chrono::steady_clock::time_point;

constexpr char kPostfix[] = "postfix@-.service";
constexpr char kStep[] = "step -4398.046511";
constexpr std::chrono::seconds kMinute{60};

class LongDeferredMailTest : public CorrectedGuest {
 protected:
  // How often Postfix tried it in vain.
  int Tries() const {
    return guest_->CountLogged(kPostfix,
                               "to=<anybody@away.test>, relay=none, ");
  }
  // Until it was tried more often than that; false: not by `end`.
  bool AwaitTry(int more_than, Moment end) const {
    while (Tries() <= more_than) {
      if (Moment::clock::now() > end) return false;
    }
    return true;
  }
  // It is being tried every few seconds.
  void AwaitOnItsWay() const {
    for (int i = 0; i < 2; ++i) {
      ASSERT_TRUE(AwaitTry(Tries(), Moment::clock::now() + kPatience));
    }
  }
};

TEST_F(LongDeferredMailTest, OfPostfixIsOnItsWayAgainWithinAMinute) {
  // A host that refuses; what is deferred is tried every 4 s.
  guest_->Run(
      "postconf -e 'transport_maps = inline:{{away.test=smtp:[127.0.0.1]:9}}' "
      "'minimal_backoff_time = 4s' 'maximal_backoff_time = 4s' "
      "'queue_run_delay = 4s' && systemctl restart postfix@-.service");
  ASSERT_EQ(Deliver(guest_->Mail().smtp, "EHLO", "anybody@away.test",
                    "deferred", absl::FromChrono(kPatience)),
            Delivery::kAcknowledged);
  AwaitOnItsWay();

  // Nobody watches.
  guest_->Run("systemctl stop noonmark-agent.service");
  clock_->Order(kStep);
  // What was under way.
  guest_->Run("systemctl is-active postfix@-.service");
  int before = Tries();
  const Moment alone = Moment::clock::now();
  EXPECT_FALSE(AwaitTry(before, alone + kMinute))
      << "it needs no help, and what follows shows nothing";
  std::cout << absl::StreamFormat(
                   "guest: -4398.046511 s, unannounced and unwatched: a "
                   "deferred message was tried %d times in the %.0f s after "
                   "it\n",
                   Tries() - before,
                   absl::ToDoubleSeconds(
                       absl::FromChrono(Moment::clock::now() - alone)))
            << std::flush;

  clock_->SetRight();
  guest_->Run(
      "systemctl restart postfix@-.service && "
      "systemctl start noonmark-agent.service");
  AwaitOnItsWay();
  const GuestClock::Obeyed stepped = clock_->Order(kStep);
  before = Tries();
  EXPECT_TRUE(AwaitTry(before, stepped.answered + kMinute))
      << guest_->Run("journalctl --quiet --no-pager --lines=100");
  const Moment tried = Moment::clock::now();
  EXPECT_TRUE(AwaitTry(Tries(), tried + kMinute)) << "once alone";
  std::cout << absl::StreamFormat(
                   "guest: -4398.046511 s, unannounced: a deferred message was "
                   "tried again %.1f s later, and again %.1f s after that\n",
                   absl::ToDoubleSeconds(
                       absl::FromChrono(tried - stepped.ordered)),
                   absl::ToDoubleSeconds(
                       absl::FromChrono(Moment::clock::now() - tried)))
            << std::flush;
  EXPECT_EQ(
      guest_->CountLogged(
          "init.scope", "Starting noonmark-action@postfix-unannounced.service"),
      1);
}

}  // namespace
}  // namespace noonmark::testing
