#include "host/policy/side_effects.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace noonmark {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<std::string> Who(absl::Duration amount) {
  std::vector<std::string> who;
  for (const SideEffect& effect : SideEffectsOf(amount)) {
    who.emplace_back(effect.who);
  }
  return who;
}

std::string Cron(absl::Duration amount) {
  std::string what;
  for (const SideEffect& effect : SideEffectsOf(amount)) {
    if (effect.who == "cron") what += effect.what;
  }
  return what;
}

TEST(SideEffectsTest, AreNoneOfASmallMove) {
  EXPECT_THAT(SideEffectsOf(absl::Milliseconds(999)), IsEmpty());
  EXPECT_THAT(SideEffectsOf(-absl::Milliseconds(999)), IsEmpty());
  EXPECT_THAT(SideEffectsOf(absl::Seconds(10)), IsEmpty());
}

TEST(SideEffectsTest, NameWhatALargeStepBackTouches) {
  const std::vector<std::string> who = Who(-absl::Seconds(4398));
  for (const char* wanted :
       {"DKIM signatures", "OAuth and JWT", "one-time passwords (TOTP)",
        "Kerberos", "OCSP and TLS ticket caches", "fail2ban", "logrotate",
        "cron", "systemd timers", "greylisting, Redis and other times to live",
        "databases", "backups by modification time", "Pigeonhole (Sieve)",
        "Dovecot's auth cache"}) {
    EXPECT_THAT(who, Contains(wanted));
  }
}

TEST(SideEffectsTest, DependOnTheSize) {
  EXPECT_THAT(Who(-absl::Seconds(29)),
              Not(Contains("one-time passwords (TOTP)")));
  EXPECT_THAT(Who(-absl::Seconds(30)), Contains("one-time passwords (TOTP)"));
  EXPECT_THAT(Who(-absl::Seconds(299)), Not(Contains("Kerberos")));
  EXPECT_THAT(Who(-absl::Seconds(300)), Contains("Kerberos"));
  EXPECT_THAT(Who(absl::Seconds(119)), Not(Contains("dotlocks")));
  EXPECT_THAT(Who(absl::Seconds(120)), Contains("dotlocks"));
}

TEST(SideEffectsTest, TellWhatCronDoesOnEachSideOfThreeHours) {
  EXPECT_EQ(Cron(-absl::Hours(3) + absl::Nanoseconds(1)),
            "jobs of the repeated time are not run a second time");
  EXPECT_EQ(Cron(-absl::Hours(3)), "jobs of the repeated time run again");
  EXPECT_EQ(Cron(absl::Hours(3) - absl::Nanoseconds(1)),
            "jobs of the time that is skipped run at once");
  EXPECT_EQ(Cron(absl::Hours(3)),
            "jobs of the time that is skipped are not run");
}

TEST(SideEffectsTest, OfBeingAheadBeginBeyondAnHour) {
  EXPECT_THAT(EffectsOfBeingAhead(absl::Hours(1)), IsEmpty());
  EXPECT_THAT(EffectsOfBeingAhead(-absl::Hours(2)), IsEmpty());
  EXPECT_EQ(EffectsOfBeingAhead(absl::Hours(1) + absl::Nanoseconds(1)).size(),
            2u);
}

}  // namespace
}  // namespace noonmark
