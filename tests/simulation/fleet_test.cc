#include "tests/simulation/fleet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/simulation/checker.h"
#include "tests/simulation/simulate.h"

namespace noonmark::simulation {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr absl::Duration kTwoTo42 = absl::Nanoseconds(int64_t{1} << 42);

std::vector<std::string> Codes(const Fleet& fleet, GuestId guest) {
  std::vector<std::string> codes;
  for (const Finding& finding : fleet.row(guest)->findings) {
    codes.emplace_back(CodeName(finding.code));
  }
  return codes;
}

Verdict VerdictOf(const Fleet& fleet, GuestId guest) {
  return fleet.row(guest)->verdict;
}

// Two guests of a host, with clocks as they are: none is exact.
class FleetTest : public ::testing::Test {
 protected:
  static GuestTraits Drifting(PartsPerBillion drift) {
    GuestTraits traits;
    traits.clock.drift = drift;
    return traits;
  }
  Fleet fleet_{/*seed=*/1, FleetOptions()};
  GuestId mail_ = fleet_.AddGuest("mail", Drifting(30'000));
  GuestId web_ = fleet_.AddGuest("web", Drifting(-12'000));
  Checker checker_{fleet_};
};

TEST_F(FleetTest, NamesWhatWasDoneAndBlamesNobodyElse) {
  fleet_.At(absl::Seconds(30)).Set(mail_, -absl::Seconds(6));
  fleet_.Run(absl::Minutes(1));
  EXPECT_EQ(VerdictOf(fleet_, mail_), Verdict::kWrong);
  EXPECT_THAT(Codes(fleet_, mail_), ElementsAre("clock-set"));
  EXPECT_EQ(VerdictOf(fleet_, web_), Verdict::kOk);
  EXPECT_THAT(Codes(fleet_, web_), IsEmpty());
  EXPECT_THAT(checker_.tally().breaches, IsEmpty());
}

TEST_F(FleetTest, TellsEachOfTwoFaultsInOneGap) {
  fleet_.At(absl::Seconds(30))
      .StepHost(absl::Seconds(30))
      .Leap(mail_, kTwoTo42);
  fleet_.Run(absl::Minutes(6));
  EXPECT_THAT(Codes(fleet_, mail_), ElementsAre("counter-jump"));
  EXPECT_THAT(Codes(fleet_, web_), ElementsAre("left-behind-by-host-step"));
  EXPECT_THAT(checker_.tally().breaches, IsEmpty());
}

TEST_F(FleetTest, PausesAsXenAndAsKvmDo) {
  fleet_.At(absl::Seconds(30)).Freeze(mail_, absl::Seconds(20));
  fleet_.At(absl::Seconds(30)).StandStill(web_, absl::Seconds(20));
  fleet_.Run(absl::Minutes(2));
  EXPECT_THAT(Codes(fleet_, mail_), IsEmpty());
  EXPECT_EQ(VerdictOf(fleet_, mail_), Verdict::kOk);
  EXPECT_THAT(Codes(fleet_, web_), ElementsAre("stood-still"));
  EXPECT_EQ(VerdictOf(fleet_, web_), Verdict::kWrong);
  EXPECT_THAT(checker_.tally().breaches, IsEmpty());
}

// As a kernel does it: announced by a bit, done at its own midnight, and the
// offset to TAI tells that it was.
TEST_F(FleetTest, LeapsAtMidnightAsItWasAnnounced) {
  FleetOptions options;
  options.utc -= absl::Seconds(60);
  Fleet fleet(/*seed=*/1, options);
  const GuestId mail = fleet.AddGuest("mail", {}, absl::Milliseconds(3));
  struct Said {
    absl::Duration realtime;
    uint32_t status;
    int32_t tai;
  };
  std::vector<Said> said;
  fleet.OnInput([&](const CoreInput& input) {
    if (const auto* asked = std::get_if<ExchangeInput>(&input)) {
      const GuestReading& guest = asked->exchange.guest;
      said.push_back({guest.sent.realtime, guest.discipline->status & 0x30,
                      guest.discipline->tai_offset_s});
    }
  });
  fleet.At(absl::Seconds(30)).LeapSecond(mail, 1);
  fleet.Run(absl::Minutes(2));
  const absl::Duration midnight = FleetOptions().utc;
  int announced = 0;
  int leapt = 0;
  for (const Said& s : said) {
    if (s.status == 0x10 && s.tai == 37) {
      ++announced;
      EXPECT_LT(s.realtime, midnight);
    }
    if (s.tai == 38) {
      ++leapt;
      EXPECT_GE(s.realtime, midnight - absl::Seconds(1));
    }
  }
  EXPECT_GT(announced, 30);
  EXPECT_GT(leapt, 50);
  EXPECT_EQ(said.back().status, 0u);
  ASSERT_EQ(fleet.deeds(mail).size(), 1u);
  EXPECT_EQ(fleet.deeds(mail)[0].size, -absl::Seconds(1));
  EXPECT_EQ(absl::Trunc(fleet.deeds(mail)[0].at + absl::Microseconds(500),
                        absl::Milliseconds(1)),
            absl::Seconds(60) - absl::Milliseconds(3));
}

TEST_F(FleetTest, IsTheSameWorldForTheSameSeed) {
  for (uint64_t seed = 1; seed < 20; ++seed) {
    const Tally one = ShortLife(seed);
    const Tally other = ShortLife(seed);
    EXPECT_EQ(one.exchanges, other.exchanges);
    EXPECT_EQ(one.rows, other.rows);
    EXPECT_EQ(one.verdicts, other.verdicts);
  }
}

TEST_F(FleetTest, LivesThroughADayInWhichNothingHappens) {
  const Tally tally = Soak(/*seed=*/7, /*guests=*/4, absl::Hours(4),
                           /*interval=*/absl::Seconds(5));
  EXPECT_THAT(tally.breaches, IsEmpty());
  EXPECT_EQ(tally.verdicts[static_cast<size_t>(Verdict::kWrong)], 0u);
  EXPECT_GT(tally.offsets, 10'000u);
}

// The checker itself: what it is told to find, it finds.
TEST_F(FleetTest, ItsCheckerSeesAFindingWithoutADeed) {
  fleet_.Run(absl::Seconds(20));
  auto row = std::make_shared<GuestRow>(*fleet_.row(mail_));
  fleet_.Run(absl::Seconds(10));
  row->findings.emplace_back();
  row->findings.back().code = FindingCode::kClockSet;
  row->findings.back().size = Interval::Exactly(absl::Seconds(6));
  row->offset = Interval::Exactly(absl::Seconds(3));
  HostSnapshot forged;
  forged.guests = {row};
  checker_.OnPublished(forged);
  EXPECT_THAT(
      checker_.tally().breaches,
      UnorderedElementsAre(Pair("blamed", 1), Pair("truth-outside", 1)));
}

}  // namespace
}  // namespace noonmark::simulation
