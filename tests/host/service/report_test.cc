#include "host/service/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <string>

#include "common/detect/signature.h"
#include "tests/support/status_matchers.h"

namespace noonmark {
namespace {

using ::noonmark::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;

ClockReading At(absl::Duration monotonic) {
  ClockReading now;
  now.monotonic = now.raw_before = now.raw_after = now.boottime = monotonic;
  now.realtime = absl::Seconds(1'700'000'000) + monotonic;
  return now;
}

MonotonicTime Moment(int64_t seconds) {
  return MonotonicTime::FromReading(absl::Seconds(seconds));
}

std::shared_ptr<GuestRow> Row(const std::string& name, const std::string& uuid,
                              int id) {
  auto row = std::make_shared<GuestRow>();
  row->domain.name = name;
  row->domain.uuid = uuid;
  row->domain.id = id;
  return row;
}

HostSnapshot Three() {
  HostSnapshot snapshot;
  snapshot.name = "dom0-a";
  snapshot.guests = {Row("7", "aaaa", 1), Row("mail", "bbbb", 7),
                     Row("twin", "cccc", 8), Row("twin", "dddd", 9)};
  return snapshot;
}

TEST(SelectGuestTest, TakesANameBeforeAUuidBeforeAnId) {
  const HostSnapshot snapshot = Three();
  EXPECT_EQ((*SelectGuest(snapshot, "mail"))->domain.uuid, "bbbb");
  EXPECT_EQ((*SelectGuest(snapshot, "BBBB"))->domain.uuid, "bbbb");
  EXPECT_EQ((*SelectGuest(snapshot, "8"))->domain.uuid, "cccc");
  EXPECT_EQ((*SelectGuest(snapshot, "7"))->domain.uuid, "aaaa");
}

TEST(SelectGuestTest, SaysWhatItDoesNotFind) {
  const HostSnapshot snapshot = Three();
  EXPECT_THAT(SelectGuest(snapshot, ""),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(SelectGuest(snapshot, "web"),
              StatusIs(absl::StatusCode::kNotFound, "web on dom0-a"));
  EXPECT_THAT(SelectGuest(snapshot, "-1"),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(SelectGuest(snapshot, "twin"),
              StatusIs(absl::StatusCode::kFailedPrecondition, "cccc dddd"));
}

TEST(FillGuestTest, KeepsTheIntervalWithoutNarrowingIt) {
  GuestRow row;
  row.offset = Interval{absl::Nanoseconds(-1) / 2, absl::Nanoseconds(3) / 4};
  row.measured = Moment(90);
  v1::Guest guest;
  FillGuest(row, At(absl::Seconds(100)), Detail::kFull, guest);
  EXPECT_EQ(guest.offset().lo().nanos(), -1);
  EXPECT_EQ(guest.offset().hi().nanos(), 1);
  EXPECT_EQ(guest.age().seconds(), 10);
  EXPECT_EQ(guest.measured().seconds(), 1'700'000'090);
}

TEST(FillGuestTest, TellsSinceWhenOnlyOfAVerdictThatWasGiven) {
  GuestRow row;
  v1::Guest guest;
  FillGuest(row, At(absl::Seconds(100)), Detail::kFull, guest);
  EXPECT_FALSE(guest.has_verdict_since());
  row.verdict_since = Moment(90);
  FillGuest(row, At(absl::Seconds(100)), Detail::kFull, guest);
  EXPECT_EQ(guest.verdict_since().seconds(), 1'700'000'090);
}

TEST(FillGuestTest, BearsTheWidestOffsets) {
  GuestRow row;
  row.offset =
      Interval{absl::Nanoseconds(std::numeric_limits<int64_t>::min()) * 3,
               absl::InfiniteDuration()};
  v1::Guest guest;
  FillGuest(row, At(absl::Seconds(100)), Detail::kFull, guest);
  EXPECT_LT(guest.offset().lo().seconds(), 0);
  EXPECT_EQ(guest.offset().hi().seconds(), 315'576'000'000);
}

TEST(FillGuestTest, PrintsTheIntervalThatContainsTheSignature) {
  GuestRow row;
  Finding jump;
  jump.code = FindingCode::kCounterJump;
  jump.severity = Severity::kFault;
  jump.size = Interval{absl::Nanoseconds(4'398'046'489'000),
                       absl::Nanoseconds(4'398'046'534'000)};
  jump.signature = MatchSignature(*jump.size);
  jump.first_seen = jump.last_seen = Moment(40);
  row.findings = {jump};
  v1::Guest guest;
  FillGuest(row, At(absl::Seconds(100)), Detail::kFull, guest);
  const v1::Finding& told = guest.findings(0);
  EXPECT_EQ(told.code(), "counter-jump");
  EXPECT_EQ(told.signature(), "2^42 ns");
  EXPECT_EQ(told.summary(), "2^42 ns");
  EXPECT_EQ(told.age().seconds(), 60);
  EXPECT_THAT(told.evidence(0).text(),
              HasSubstr("[+4398.046489 s, +4398.046534 s]"));
  EXPECT_THAT(told.evidence(1).text(), HasSubstr("2^42 ns"));
  EXPECT_FALSE(told.advice().empty());
}

TEST(FillGuestTest, TellsHowHardTheHunterLooked) {
  GuestRow row;
  v1::Guest guest;
  FillGuest(row, At(absl::Seconds(1)), Detail::kList, guest);
  EXPECT_FALSE(guest.has_glitch_hunt());
  row.hunt.emplace();
  row.hunt->reads = 5000;
  row.hunt->glitches = 2;
  FillGuest(row, At(absl::Seconds(1)), Detail::kList, guest);
  EXPECT_EQ(guest.glitch_hunt().reads(), 5000u);
  EXPECT_EQ(guest.glitch_hunt().glitches(), 2u);
}

TEST(FillGuestTest, TellsWhatItsLogsSaid) {
  GuestRow row;
  v1::Guest guest;
  FillGuest(row, At(absl::Seconds(1)), Detail::kFull, guest);
  EXPECT_FALSE(guest.has_log_watch());
  ToldJump told;
  told.teller = JumpTeller::kChronyd;
  told.way = JumpWay::kForward;
  told.figure = absl::Seconds(6);
  row.logs.emplace();
  row.logs->Add(told);
  FillGuest(row, At(absl::Seconds(1)), Detail::kFull, guest);
  EXPECT_EQ(guest.log_watch().lines(), 1u);
  EXPECT_EQ(guest.log_watch().recent(0).teller(), v1::JUMP_TELLER_CHRONYD);
  EXPECT_EQ(guest.log_watch().recent(0).figure_ns(), 6'000'000'000);
}

TEST(FillGuestTest, LeavesEvidenceOutOfAList) {
  GuestRow row;
  row.findings.resize(1);
  row.facts = std::make_shared<const GuestFacts>();
  v1::Guest guest;
  FillGuest(row, At(absl::Seconds(1)), Detail::kList, guest);
  EXPECT_EQ(guest.findings_size(), 1);
  EXPECT_EQ(guest.findings(0).evidence_size(), 0);
  EXPECT_FALSE(guest.has_description());
}

TEST(FillHostTest, TellsAnUnprovenHostFromADeclaredOne) {
  HostSnapshot snapshot;
  v1::Host host;
  FillHost(snapshot, At(absl::Seconds(1)), host);
  EXPECT_EQ(host.trust(), v1::HOST_TRUST_UNPROVEN);
  EXPECT_FALSE(host.has_bound());
  snapshot.declared = true;
  FillHost(snapshot, At(absl::Seconds(1)), host);
  EXPECT_EQ(host.trust(), v1::HOST_TRUST_DECLARED);
  snapshot.bound = absl::Milliseconds(3);
  FillHost(snapshot, At(absl::Seconds(1)), host);
  EXPECT_EQ(host.trust(), v1::HOST_TRUST_PROVEN);
  EXPECT_EQ(host.bound().nanos(), 3'000'000);
}

TEST(FillGuestTest, TellsHowItIsJudgedAndTheHostsOwnBound) {
  GuestRow row;
  v1::Guest usual;
  FillGuest(row, At(absl::Seconds(10)), Detail::kList, usual);
  EXPECT_FALSE(usual.has_host_bound());
  EXPECT_FALSE(usual.has_intended_offset());
  EXPECT_EQ(usual.warning_threshold().nanos(), 500'000'000);
  EXPECT_EQ(usual.fault_threshold().seconds(), 2);

  row.offset = Interval::Exactly(absl::ZeroDuration());
  row.host_bound = absl::Nanoseconds(213'000) + absl::Nanoseconds(1) / 4;
  row.policy.intended_offset = -absl::Hours(1);
  row.policy.thresholds.warning = absl::Milliseconds(50);
  v1::Guest guest;
  FillGuest(row, At(absl::Seconds(10)), Detail::kList, guest);
  EXPECT_EQ(guest.host_bound().nanos(), 213'001);
  EXPECT_EQ(guest.intended_offset().seconds(), -3600);
  EXPECT_EQ(guest.warning_threshold().nanos(), 50'000'000);
}

TEST(FillGuestTest, TellsHowItDriftsAndWhatIsLeftOfTheTimeUntilThen) {
  GuestRow row;
  v1::Guest still;
  FillGuest(row, At(absl::Seconds(10)), Detail::kList, still);
  EXPECT_FALSE(still.has_drift());

  row.offset = Interval::Exactly(absl::ZeroDuration());
  row.measured = Moment(4);
  row.drift = DriftEstimate{.mean = {11, 14},
                            .straight = true,
                            .ppm = 12.25,
                            .bar = {12, 13},
                            .window = absl::Seconds(660)};
  row.until_warning = Interval{absl::Seconds(5), absl::Seconds(40'000)};
  v1::Guest guest;
  FillGuest(row, At(absl::Seconds(10)), Detail::kList, guest);
  EXPECT_EQ(guest.drift().ppm(), 12.25);
  EXPECT_EQ(guest.drift().bar().lo_ppm(), 12);
  EXPECT_EQ(guest.drift().bar().hi_ppm(), 13);
  EXPECT_EQ(guest.drift().mean().lo_ppm(), 11);
  EXPECT_EQ(guest.drift().mean().hi_ppm(), 14);
  EXPECT_TRUE(guest.drift().constant());
  EXPECT_EQ(guest.drift().window().seconds(), 660);
  // Six seconds after the measurement.
  EXPECT_TRUE(guest.drift().has_warning_earliest());
  EXPECT_EQ(guest.drift().warning_earliest().seconds(), 0);
  EXPECT_EQ(guest.drift().warning_latest().seconds(), 39'994);

  row.until_warning.reset();
  v1::Guest inwards;
  FillGuest(row, At(absl::Seconds(10)), Detail::kList, inwards);
  EXPECT_TRUE(inwards.has_drift());
  EXPECT_FALSE(inwards.drift().has_warning_earliest());
  EXPECT_FALSE(inwards.drift().has_warning_latest());
}

}  // namespace
}  // namespace noonmark
