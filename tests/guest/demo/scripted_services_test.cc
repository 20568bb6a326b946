#include "guest/demo/scripted_services.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/status_matchers.h"

namespace noonmark {
namespace {

using ::noonmark::testing::IsOk;
using ::noonmark::testing::StatusIs;

constexpr absl::Duration kLong = absl::Seconds(10);

MonotonicTime At(absl::Duration since) {
  return MonotonicTime::FromReading(since);
}

TEST(ParseScriptedServiceTest, ReadsAllThatAServiceMayDo) {
  const auto plain = ParseScriptedService("dovecot.service=mail-store");
  ASSERT_THAT(plain, IsOk());
  EXPECT_EQ(plain->unit, "dovecot.service");
  EXPECT_EQ(plain->role, ServiceRole::kMailStore);
  EXPECT_EQ(plain->stops_in, absl::Milliseconds(300));
  EXPECT_FALSE(plain->would_not_stop);

  const auto full = ParseScriptedService(
      "chrony.service=time-daemon,stop=2s,start=1.5s,would-not-stop,"
      "would-not-start,steps-after-start=-6s");
  ASSERT_THAT(full, IsOk());
  EXPECT_EQ(full->role, ServiceRole::kTimeDaemon);
  EXPECT_EQ(full->stops_in, absl::Seconds(2));
  EXPECT_EQ(full->starts_in, absl::Milliseconds(1500));
  EXPECT_TRUE(full->would_not_stop);
  EXPECT_TRUE(full->would_not_start);
  EXPECT_EQ(full->steps_after_start, absl::Seconds(-6));
}

TEST(ParseScriptedServiceTest, RefusesTheRestAndSaysWhatItExpected) {
  for (const char* text :
       {"", "dovecot.service", "=mail-store", "dovecot.service=mail",
        "d.service=other,stop=", "d.service=other,stop=-1s",
        "d.service=other,start=61s", "d.service=other,sleeps",
        "d.service=other,", "d.service=other,steps-after-start=x"}) {
    EXPECT_THAT(
        ParseScriptedService(text),
        StatusIs(absl::StatusCode::kInvalidArgument, "expected UNIT=ROLE"))
        << text;
  }
}

class ScriptedServicesTest : public ::testing::Test {
 protected:
  SeenUnit See(absl::Duration since) const {
    return services_.Survey(At(since)).at(0);
  }
  void Play(const std::string& text) {
    services_ = ScriptedServices({ParseScriptedService(text).value()});
  }

  ScriptedServices services_{{}};
};

TEST_F(ScriptedServicesTest, StopsAndStartsInItsTime) {
  Play("postfix@-.service=mail-transfer,stop=2s,start=1s");
  EXPECT_EQ(See(absl::ZeroDuration()).profile, "postfix");
  EXPECT_TRUE(See(absl::ZeroDuration()).Runs());

  const auto stop =
      services_.Stop("postfix@-.service", kLong, At(absl::Seconds(1)));
  EXPECT_TRUE(stop.ok);
  EXPECT_EQ(stop.lasts, absl::Seconds(2));
  EXPECT_EQ(See(absl::Seconds(2)).state, ServiceState::kStopping);
  EXPECT_FALSE(See(absl::Seconds(2)).AtRest());
  EXPECT_TRUE(See(absl::Seconds(3)).AtRest());

  const auto start =
      services_.Start("postfix@-.service", kLong, At(absl::Seconds(4)));
  EXPECT_TRUE(start.ok);
  EXPECT_EQ(See(absl::Milliseconds(4500)).state, ServiceState::kStarting);
  EXPECT_TRUE(See(absl::Seconds(5)).Runs());
}

TEST_F(ScriptedServicesTest, DoesAtOnceWhatIsDone) {
  Play("d.service=mail-store");
  EXPECT_EQ(services_.Start("d.service", kLong, At(absl::ZeroDuration())).lasts,
            absl::ZeroDuration());
  services_.Stop("d.service", kLong, At(absl::ZeroDuration()));
  const auto again = services_.Stop("d.service", kLong, At(absl::Seconds(1)));
  EXPECT_TRUE(again.ok);
  EXPECT_EQ(again.lasts, absl::ZeroDuration());
}

TEST_F(ScriptedServicesTest, WouldNotStopAndGoesOn) {
  Play("d.service=mail-store,would-not-stop");
  const auto stop =
      services_.Stop("d.service", kLong, At(absl::ZeroDuration()));
  EXPECT_FALSE(stop.ok);
  EXPECT_EQ(stop.lasts, kLong);
  EXPECT_TRUE(See(kLong).Runs());
  EXPECT_FALSE(See(kLong).AtRest());
}

TEST_F(ScriptedServicesTest, WouldNotStartAndHasFailed) {
  Play("d.service=mail-store,would-not-start");
  services_.Stop("d.service", kLong, At(absl::ZeroDuration()));
  const auto start = services_.Start("d.service", kLong, At(absl::Seconds(1)));
  EXPECT_FALSE(start.ok);
  EXPECT_EQ(See(absl::Seconds(2)).state, ServiceState::kFailed);
  EXPECT_TRUE(See(absl::Seconds(2)).AtRest());
}

TEST_F(ScriptedServicesTest, KnowsNothingOfOthers) {
  Play("d.service=mail-store");
  EXPECT_FALSE(services_.Stop("e.service", kLong, At(absl::ZeroDuration())).ok);
  EXPECT_EQ(services_.Find("e.service"), nullptr);
  EXPECT_NE(services_.Find("d.service"), nullptr);
}

}  // namespace
}  // namespace noonmark
