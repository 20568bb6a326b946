#include "common/detect/glitch_finding.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "absl/time/time.h"

namespace noonmark {
namespace {

constexpr absl::Duration kWrap = absl::Nanoseconds(int64_t{1} << 42);
const absl::Duration k2025 = absl::Seconds(1'735'689'600);

MonotonicTime At(double seconds) {
  return MonotonicTime::FromReading(absl::Seconds(seconds));
}

Glitch GlitchAt(double boottime_s, absl::Duration by = kWrap) {
  const WallTriple sane = {k2025, k2025 + absl::Microseconds(1), k2025};
  Glitch glitch;
  glitch.off = {k2025, k2025 + by, k2025};
  glitch.after = {sane, sane, sane};
  glitch.cpu = 2;
  glitch.boottime = absl::Seconds(boottime_s);
  return glitch;
}

HuntReport Report(std::vector<Glitch> recent) {
  HuntReport report;
  report.reads = 5'000;
  report.glitches = recent.size();
  report.recent = std::move(recent);
  return report;
}

TEST(GlitchFindingsTest, TellsSizeAndTimeAndIsOver) {
  GlitchFindings findings;
  const auto told =
      findings.OnReport(Report({GlitchAt(90)}), absl::Seconds(100), At(1000));
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].code, FindingCode::kReadGlitch);
  EXPECT_EQ(told[0].severity, Severity::kWarning);
  EXPECT_FALSE(told[0].active);
  EXPECT_EQ(told[0].last_seen, At(990));
  ASSERT_TRUE(told[0].size.has_value());
  EXPECT_TRUE(told[0].size->Contains(kWrap));
  ASSERT_NE(told[0].signature, nullptr);
  EXPECT_EQ(told[0].signature->name, "2^42 ns");
  ASSERT_TRUE(told[0].glitch.has_value());
  EXPECT_EQ(told[0].glitch->glitch.cpu, 2u);
  EXPECT_EQ(told[0].glitch->glitches, 1u);
  EXPECT_EQ(told[0].glitch->reads, 5'000u);
}

TEST(GlitchFindingsTest, TellsEachOnceWhateverConnectionsAndAgentsDo) {
  GlitchFindings findings;
  const auto told = [&](std::vector<Glitch> recent) {
    return findings
        .OnReport(Report(std::move(recent)), absl::Seconds(100), At(1000))
        .size();
  };
  EXPECT_EQ(told({}), 0u);
  EXPECT_EQ(told({GlitchAt(10), GlitchAt(20), GlitchAt(20)}), 3u);
  EXPECT_EQ(told({GlitchAt(10), GlitchAt(20), GlitchAt(20)}), 0u);
  EXPECT_EQ(told({}), 0u);  // the agent began anew
  EXPECT_EQ(told({GlitchAt(30)}), 1u);
  EXPECT_EQ(told({GlitchAt(30), GlitchAt(31)}), 1u);
}

TEST(GlitchFindingsTest, DoesNotBelieveWhatTheReadingsDoNotProve) {
  GlitchFindings findings;
  EXPECT_TRUE(findings
                  .OnReport(Report({GlitchAt(10, absl::Milliseconds(5))}),
                            absl::Seconds(100), At(1000))
                  .empty());
}

TEST(GlitchFindingsTest, PutsNoClaimOutsideOfTheHostsPast) {
  const absl::Duration most =
      absl::Nanoseconds(std::numeric_limits<int64_t>::max());
  for (const absl::Duration boottime : {-most, most}) {
    Glitch glitch = GlitchAt(0);
    glitch.boottime = boottime;
    GlitchFindings findings;
    const auto told =
        findings.OnReport(Report({glitch}), absl::Seconds(100), At(1000));
    ASSERT_EQ(told.size(), 1u);
    EXPECT_GE(told[0].last_seen, At(0));
    EXPECT_LE(told[0].last_seen, At(1000));
  }
}

}  // namespace
}  // namespace noonmark
