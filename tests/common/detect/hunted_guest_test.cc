// What the guest's own hunter caught, as the whole assessment of a guest
// tells it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "common/detect/evidence.h"
#include "common/detect/guest_assessor.h"

namespace noonmark {
namespace {

using ::testing::HasSubstr;

constexpr absl::Duration kWrap = absl::Nanoseconds(int64_t{1} << 42);
const absl::Duration k2025 = absl::Seconds(1'735'689'600);

// All clocks of host and guest, which agree.
ClockReading At(absl::Duration up) {
  return {.raw_before = up,
          .realtime = k2025 + up,
          .monotonic = up,
          .boottime = up,
          .raw_after = up};
}

class HuntedGuestTest : public ::testing::Test {
 protected:
  // A burst at which the guest reports this.
  void Poll(const std::optional<HuntReport>& hunt) {
    up_ += absl::Seconds(5);
    for (int i = 0; i < 8; ++i) {
      Exchange exchange;
      exchange.host_sent = At(up_);
      exchange.guest.sequence = 1;
      exchange.guest.received = exchange.guest.sent =
          At(up_ + absl::Microseconds(50));
      exchange.guest.boot_id = boot_id_;
      exchange.guest.hunt = hunt;
      exchange.host_received = At(up_ + absl::Microseconds(100));
      EXPECT_FALSE(guest_.OnExchange(exchange));
      up_ += absl::Milliseconds(1);
    }
    HostView host;
    host.bound = absl::Milliseconds(1);
    guest_.OnBurstEnd(host, MonotonicTime::FromReading(up_));
  }
  HuntReport Caught(absl::Duration boottime) {
    const WallTriple sane = {k2025, k2025 + absl::Microseconds(1), k2025};
    Glitch glitch;
    glitch.off = {k2025, k2025 + kWrap, k2025};
    glitch.after = {sane, sane, sane};
    glitch.cpu = 3;
    glitch.boottime = boottime;
    HuntReport report;
    report.reads = 123'456;
    report.glitches = 1;
    report.recent = {glitch};
    return report;
  }

  GuestAssessor guest_{AssessorOptions()};
  absl::Duration up_ = absl::Seconds(1000);
  std::string boot_id_ = "a28ee7cb-bd4a-4d20-b3d0-5ea1d7e1a0f1";
};

TEST_F(HuntedGuestTest, HasAFindingThatIsNoVerdict) {
  for (int i = 0; i < 3; ++i) Poll(HuntReport());
  EXPECT_EQ(guest_.verdict(), Verdict::kOk);
  guest_.TakeNews();
  EXPECT_TRUE(guest_.findings().empty());

  const absl::Duration when = up_;
  Poll(Caught(when));
  EXPECT_TRUE(guest_.TakeNews());
  EXPECT_EQ(guest_.verdict(), Verdict::kOk);
  ASSERT_EQ(guest_.findings().size(), 1u);
  const Finding finding = guest_.findings()[0];
  EXPECT_EQ(finding.code, FindingCode::kReadGlitch);
  EXPECT_FALSE(finding.active);
  EXPECT_EQ(finding.occurrences, 1u);
  EXPECT_EQ(Summarize(finding), "2^42 ns");
  EXPECT_LT(finding.last_seen - MonotonicTime::FromReading(when),
            absl::Milliseconds(1));

  for (int i = 0; i < 3; ++i) Poll(Caught(when));
  EXPECT_EQ(guest_.findings()[0].occurrences, 1u);
  Poll(Caught(up_));
  EXPECT_EQ(guest_.findings()[0].occurrences, 2u);
  EXPECT_EQ(guest_.verdict(), Verdict::kOk);
}

TEST_F(HuntedGuestTest, ShowsAllReadings) {
  Poll(Caught(up_));
  ASSERT_EQ(guest_.findings().size(), 1u);
  std::string text;
  for (const EvidenceLine& line :
       EvidenceOf(guest_.findings()[0], absl::UnixEpoch())) {
    text += line.label + ": " + line.text + "\n";
  }
  EXPECT_THAT(text, HasSubstr("known size: 2^42 ns = +4398.046511 s"));
  EXPECT_THAT(text, HasSubstr("seen by: the guest's own hunter, on vCPU 3, in "
                              "1 reading\n"));
  EXPECT_THAT(
      text,
      HasSubstr("REALTIME: 1735693998.046511104 s between 1735689600.000000000 "
                "s and 1735689600.000000000 s of REALTIME_COARSE"));
  EXPECT_THAT(text, HasSubstr("and next: 1735689600.000001000 s between"));
  EXPECT_THAT(text, HasSubstr("how often: 1 glitch in 123456 readings"));
}

TEST_F(HuntedGuestTest, TellsHowHardItWasLookedAt) {
  EXPECT_FALSE(guest_.hunt().has_value());
  Poll(Caught(up_));
  ASSERT_TRUE(guest_.hunt().has_value());
  EXPECT_EQ(guest_.hunt()->reads, 123'456u);
  EXPECT_EQ(guest_.hunt()->glitches, 1u);
  Poll(std::nullopt);
  EXPECT_FALSE(guest_.hunt().has_value());
}

TEST_F(HuntedGuestTest, BeginsAnewWithAReboot) {
  Poll(Caught(absl::Seconds(900)));
  boot_id_ = "00000000-bd4a-4d20-b3d0-5ea1d7e1a0f1";
  Poll(Caught(absl::Seconds(20)));
  const std::vector<Finding> findings = guest_.findings();
  const auto glitch = std::find_if(
      findings.begin(), findings.end(),
      [](const Finding& f) { return f.code == FindingCode::kReadGlitch; });
  ASSERT_NE(glitch, findings.end());
  EXPECT_EQ(glitch->occurrences, 2u);
}

}  // namespace
}  // namespace noonmark
