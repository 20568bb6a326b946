#include "common/detect/set_alike.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/detect/evidence.h"
#include "common/detect/fleet_assessor.h"
#include "tests/support/virtual_machine.h"

namespace noonmark {
namespace {

SeenSet Of(double by, double end, double lasting = 5) {
  return {Interval::Exactly(absl::Seconds(by)).WidenedBy(absl::Microseconds(1)),
          MonotonicTime::FromReading(absl::Seconds(end - lasting)),
          MonotonicTime::FromReading(absl::Seconds(end))};
}

TEST(AreAlikeTest, HoldsOfSetsThatGoAsFarWithinTwoMinutes) {
  EXPECT_TRUE(AreAlike(Of(3, 10), Of(3, 124)));
  EXPECT_TRUE(AreAlike(Of(3, 69), Of(3.2, 10)));
  EXPECT_TRUE(AreAlike(Of(-3, 69), Of(-3.2, 10)));
  EXPECT_FALSE(AreAlike(Of(3, 10), Of(3, 126)));
  EXPECT_FALSE(AreAlike(Of(3, 10), Of(3, 10, 130))) << "it may be long ago";
  EXPECT_FALSE(AreAlike(Of(3, 10), Of(3.5, 10)));
  EXPECT_FALSE(AreAlike(Of(3.5, 10), Of(3, 10)));
  EXPECT_FALSE(AreAlike(Of(3, 10), Of(-3, 10)));
  EXPECT_FALSE(AreAlike(Of(0.05, 10), Of(0.05, 10))) << "small ones are many";
  SeenSet wide = Of(3, 10);
  wide.by.hi += absl::Seconds(1);
  EXPECT_FALSE(AreAlike(Of(3, 10), wide)) << "it may go farther";
}

class SetAlikeTest : public ::testing::Test {
 protected:
  SetAlikeTest() : machines_(4), core_(HostOptions(), AssessorOptions()) {
    Poll();
  }
  static std::string Name(size_t g) { return absl::StrCat("guest-", g); }
  void Poll() {
    for (size_t g = 0; g < machines_.size(); ++g) {
      testing::VirtualPair pair;
      pair.host = host_;
      pair.guest = machines_[g];
      pair.now = now_;
      for (int i = 0; i < 8; ++i) {
        core_.Apply(ExchangeInput{Name(g), pair.Ask()});
        pair.now += absl::Milliseconds(125);
      }
      now_ = pair.now;
      core_.Apply(BurstEndInput{
          Name(g), MonotonicTime::FromReading(host_.Read(now_).monotonic)});
    }
  }
  SetAlike Told(size_t g) {
    for (const Finding& finding : core_.guest(Name(g)).findings()) {
      if (finding.code == FindingCode::kClockSet) return finding.set_alike;
    }
    ADD_FAILURE() << "guest " << g << " was not set";
    return {};
  }

  testing::VirtualMachine host_;
  std::vector<testing::VirtualMachine> machines_;
  FleetAssessor core_;
  absl::Duration now_ = absl::Seconds(1);
};

TEST_F(SetAlikeTest, IsToldOfEachThatWasSetSo) {
  for (const size_t g : {0, 1, 3}) {
    machines_[g].SetRealtime(now_, absl::Seconds(g == 3 ? 40 : 7));
  }
  Poll();
  EXPECT_EQ(Told(0).guests, 2);
  EXPECT_EQ(Told(0).of, 4);
  EXPECT_EQ(Told(1).guests, 2);
  EXPECT_EQ(Told(3).guests, 0);
}

TEST_F(SetAlikeTest, IsALineOfTheEvidence) {
  machines_[0].SetRealtime(now_, absl::Seconds(7));
  machines_[1].SetRealtime(now_, absl::Seconds(7));
  Poll();
  const std::vector<EvidenceLine> lines =
      EvidenceOf(core_.guest(Name(0)).findings()[0], absl::UnixEpoch());
  const auto line = std::find_if(
      lines.begin(), lines.end(),
      [](const EvidenceLine& each) { return each.label == "set alike"; });
  ASSERT_NE(line, lines.end());
  EXPECT_EQ(line->text.rfind("2 of the host's 4 guests", 0), 0u) << line->text;
}

}  // namespace
}  // namespace noonmark
