#include "common/correct/watchman.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace noonmark {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

MonotonicTime At(absl::Duration since) {
  return MonotonicTime::FromReading(absl::Hours(5) + since);
}
MonotonicTime At(int seconds) { return At(absl::Seconds(seconds)); }

std::vector<std::string> Profiles(
    const std::vector<Watchman::Reload>& reloads) {
  std::vector<std::string> profiles;
  for (const Watchman::Reload& reload : reloads) {
    profiles.push_back(reload.profile);
  }
  return profiles;
}

class WatchmanTest : public ::testing::Test {
 protected:
  static JumpLine Line(const std::string& message) {
    return ReadJumpMessage(JumpTeller::kDovecot, message).value();
  }
  std::vector<std::string> OnLine(const JumpLine& line, MonotonicTime now) {
    return Profiles(watchman_.OnLine(line, now));
  }
  std::vector<std::string> Set(absl::Duration by, MonotonicTime now) {
    return Profiles(watchman_.OnEvidence(
        {.kind = OwnEvidence::Kind::kClockSet, .by = by}, now));
  }

  const JumpLine throttled_ = Line(
      "master: Warning: Time moved backwards by 199.2 seconds, waiting for "
      "180.000 seconds until new services are launched again.");
  const JumpLine died_ = Line(
      "imap(7): Fatal: Time just moved backwards by 199 seconds. This might "
      "cause a lot of problems, so I'll just kill myself now. http://w");
  Watchman watchman_{
      {{.profile = "dovecot",
        .teller = JumpTeller::kDovecot,
        .in_silence = false},
       {.profile = "postfix",
        .teller = JumpTeller::kPostfix,
        .in_silence = true},
       {.profile = "exim", .teller = std::nullopt, .in_silence = true}}};
};

TEST_F(WatchmanTest, ReloadsWhoSaysThatItSuffersOnceTheClockWasSeenSet) {
  EXPECT_THAT(OnLine(throttled_, At(0)), IsEmpty());
  const auto reloads = watchman_.OnEvidence(
      {.kind = OwnEvidence::Kind::kClockSet, .by = absl::Seconds(-30)}, At(2));
  ASSERT_THAT(Profiles(reloads), ElementsAre("dovecot"));
  EXPECT_EQ(reloads[0].why, "it suffers for 3m, and the clock was set by -30s");
}

TEST_F(WatchmanTest, ReloadsInEitherOrderOfLineAndEvidence) {
  EXPECT_THAT(Set(absl::Seconds(-30), At(0)), IsEmpty());
  EXPECT_THAT(OnLine(throttled_, At(2)), ElementsAre("dovecot"));
}

TEST_F(WatchmanTest, MovesNothingForALineAlone) {
  for (int i = 0; i < 1000; ++i) {
    EXPECT_THAT(OnLine(throttled_, At(i)), IsEmpty());
  }
}

TEST_F(WatchmanTest, TakesTogetherWhatIsTenSecondsApartAndNoMore) {
  const absl::Duration more = absl::Seconds(10) + absl::Nanoseconds(1);
  EXPECT_THAT(OnLine(throttled_, At(0)), IsEmpty());
  EXPECT_THAT(Set(absl::Seconds(-30), At(more)), IsEmpty());
  EXPECT_THAT(OnLine(throttled_, At(more + more)), IsEmpty());

  EXPECT_THAT(OnLine(throttled_, At(100)), IsEmpty());
  EXPECT_THAT(Set(absl::Seconds(-30), At(110)), ElementsAre("dovecot"));
}

TEST_F(WatchmanTest, TakesAGlitchOrAFailedLoginForEvidenceToo) {
  for (const auto& [kind, words] :
       std::vector<std::pair<OwnEvidence::Kind, std::string>>{
           {OwnEvidence::Kind::kGlitch, "wrong readings"},
           {OwnEvidence::Kind::kLoginFails, "login does not get through"}}) {
    Watchman watchman({{.profile = "dovecot",
                        .teller = JumpTeller::kDovecot,
                        .in_silence = false}});
    EXPECT_THAT(watchman.OnLine(throttled_, At(0)), IsEmpty());
    EXPECT_TRUE(watchman.WantsProbe(At(1)));
    const auto reloads = watchman.OnEvidence({.kind = kind, .by = {}}, At(1));
    ASSERT_THAT(Profiles(reloads), ElementsAre("dovecot"));
    EXPECT_THAT(reloads[0].why, HasSubstr(words));
    EXPECT_FALSE(watchman.WantsProbe(At(1)));
  }
}

TEST_F(WatchmanTest, LeavesAloneWhatIsOverByItself) {
  Set(absl::Seconds(-30), At(0));
  EXPECT_THAT(OnLine(died_, At(0)), IsEmpty());
  EXPECT_THAT(OnLine(Line("master: Warning: Time moved backwards by 3.1 "
                          "seconds, waiting for 5.000 seconds until new "
                          "services are launched again."),
                     At(0)),
              IsEmpty());
  EXPECT_THAT(OnLine(Line("master: Warning: Time moved forwards by 4339.2 "
                          "seconds - adjusting timeouts."),
                     At(0)),
              IsEmpty());
  EXPECT_FALSE(watchman_.WantsProbe(At(0)));
}

TEST_F(WatchmanTest, ReloadsOnceForOneSuffering) {
  EXPECT_THAT(OnLine(throttled_, At(0)), IsEmpty());
  EXPECT_THAT(Set(absl::Seconds(-30), At(0)), ElementsAre("dovecot"));
  EXPECT_THAT(Set(absl::Seconds(-30), At(1)), IsEmpty());
  EXPECT_THAT(OnLine(died_, At(1)), IsEmpty());
}

TEST_F(WatchmanTest, HelpsThoseThatSufferInSilenceAfterAFarStepBackAlone) {
  EXPECT_THAT(Set(absl::Milliseconds(-59'999), At(0)), IsEmpty());
  EXPECT_THAT(Set(absl::Hours(2), At(20)), IsEmpty());
  EXPECT_THAT(Set(absl::Seconds(-60), At(40)), ElementsAre("postfix", "exim"));
}

TEST_F(WatchmanTest, ReloadsAServiceNoMoreThanThreeTimesInTenMinutes) {
  for (const int start : {0, 600}) {
    for (int i = 0; i < 20; ++i) {
      OnLine(throttled_, At(start + i * 20));
      EXPECT_THAT(Set(absl::Seconds(-30), At(start + i * 20)).size(),
                  i < 3 ? 1u : 0u)
          << start << " " << i;
    }
  }
}

TEST_F(WatchmanTest, KnowsWhoseLineItIs) {
  Set(absl::Seconds(-30), At(0));
  const auto postfix =
      ReadJumpMessage(JumpTeller::kPostfix,
                      "warning: backward time jump detected -- slewing clock");
  const auto reloads = watchman_.OnLine(*postfix, At(1));
  ASSERT_THAT(Profiles(reloads), ElementsAre("postfix"));
  EXPECT_EQ(reloads[0].why, "it suffers, and the clock was set by -30s");
}

}  // namespace
}  // namespace noonmark
