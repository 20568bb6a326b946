#include "common/detect/host_bound.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/detect/host_tracker.h"

namespace noonmark {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint32_t kUnsynchronised = 0x0040;
constexpr int64_t kToday = 1'795'290'229;

MonotonicTime At(absl::Duration since) {
  return MonotonicTime::FromReading(since);
}
const MonotonicTime kAsked = At(absl::Seconds(1000));

// Bounds the clock to 12 us + 90 us + 222 us / 2 = 213 us as it is asked.
ChronyReport Sound() {
  ChronyReport report;
  report.asked = kAsked;
  report.realtime = absl::Seconds(kToday);
  ChronyTracking tracking;
  tracking.reference_id = 0xC0000201;
  tracking.source = "192.0.2.1";
  tracking.stratum = 3;
  tracking.reference_time = absl::Seconds(kToday - 20);
  tracking.system_offset = absl::Microseconds(-12);
  tracking.root_delay = absl::Microseconds(222);
  tracking.root_dispersion = absl::Microseconds(90);
  tracking.update_interval = absl::Seconds(64);
  tracking.leap = ChronyTracking::Leap::kNormal;
  report.tracking = tracking;
  return report;
}

KernelDiscipline Kernel(absl::Duration max_error) {
  KernelDiscipline kernel;
  kernel.max_error = max_error;
  kernel.estimated_error = absl::Microseconds(40);
  return kernel;
}

TEST(ChronyBoundTest, AddsOffsetDispersionHalfTheDelayAndTheAgeing) {
  const HostBoundOrReason result = BoundOf(Sound(), kAsked);
  ASSERT_TRUE(result.bound.has_value());
  const absl::Duration least = absl::Microseconds(213) + absl::Nanoseconds(2);
  EXPECT_EQ(result.bound->least, least);
  const absl::Duration later = result.bound->At(kAsked + absl::Seconds(10));
  EXPECT_GE(later, least + absl::Microseconds(500));
  EXPECT_LE(later, least + absl::Microseconds(500) + absl::Nanoseconds(1));
}

TEST(ChronyBoundTest, IsNotNarrowedByATimeBeforeTheQuestion) {
  const HostBoundOrReason result = BoundOf(Sound(), kAsked);
  ASSERT_TRUE(result.bound.has_value());
  EXPECT_GE(result.bound->At(kAsked - absl::Hours(1)), result.bound->least);
}

TEST(ChronyBoundTest, SaysWhoseWordItIsAndItsFigures) {
  const std::string reason = BoundOf(Sound(), kAsked).bound->reason;
  EXPECT_THAT(reason, HasSubstr("chronyd: 0.000214 s"));
  EXPECT_THAT(reason, HasSubstr("root dispersion 0.000090 s"));
  EXPECT_THAT(reason, HasSubstr("stratum 3 from 192.0.2.1"));
}

TEST(ChronyBoundTest, IsNoneWithoutASourceOrAMeasurement) {
  const auto with = [](auto change) {
    ChronyReport report = Sound();
    change(report, *report.tracking);
    return report;
  };
  using R = ChronyReport;
  using T = ChronyTracking;
  const struct {
    ChronyReport report;
    const char* reason;
  } cases[] = {
      {with([](R&, T& t) { t.leap = T::Leap::kNotSynchronised; }),
       "not synchronised"},
      {with([](R&, T& t) { t.stratum = 0; }), "not synchronised"},
      {with([](R&, T& t) { t.reference_id = 0x7F7F0101; }), "local clock"},
      {with([](R&, T& t) { t.reference_id = 0x4D414E55; }), "typed"},
      {with([](R&, T& t) {
         t.reference_time = absl::Seconds(kToday) - absl::Seconds(513);
       }),
       "measurement is 8 min old"},
      {with([](R&, T& t) { t.reference_time = absl::ZeroDuration(); }), "old"},
      {with([](R&, T& t) { t.reference_time = absl::Seconds(kToday + 6); }),
       "in the future"},
      {with([](R& r, T&) {
         r.tracking.reset();
         r.error = "chronyc: 506 Cannot talk to daemon";
       }),
       "506 Cannot talk"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.reason);
    const HostBoundOrReason result = BoundOf(c.report, kAsked);
    EXPECT_FALSE(result.bound.has_value());
    EXPECT_THAT(result.reason, HasSubstr(c.reason));
  }
}

TEST(ChronyBoundTest, HoldsAMeasurementForEightIntervals) {
  ChronyReport report = Sound();
  const auto holds = [&report](absl::Duration interval, absl::Duration age) {
    report.tracking->update_interval = interval;
    report.tracking->reference_time = report.realtime - age;
    return BoundOf(report, kAsked).bound.has_value();
  };
  const absl::Duration bit = absl::Nanoseconds(1);
  EXPECT_TRUE(holds(absl::ZeroDuration(), absl::Seconds(512)));
  EXPECT_FALSE(holds(absl::ZeroDuration(), absl::Seconds(512) + bit));
  EXPECT_TRUE(holds(absl::Seconds(1024), absl::Seconds(8192)));
  EXPECT_FALSE(holds(absl::Seconds(1024), absl::Seconds(8192) + bit));
  EXPECT_TRUE(holds(absl::Hours(9999), absl::Hours(24)));
  EXPECT_FALSE(holds(absl::Hours(9999), absl::Hours(24) + bit));
}

TEST(ChronyBoundTest, DoesNotOutliveAMinuteOfSilence) {
  EXPECT_TRUE(BoundOf(Sound(), kAsked + absl::Minutes(1)).bound.has_value());
  EXPECT_FALSE(
      BoundOf(Sound(), kAsked + absl::Minutes(1) + absl::Nanoseconds(1))
          .bound.has_value());
}

TEST(KernelBoundTest, IsTheMaximumErrorAndGrowsAsTheKernelLetsIt) {
  const auto result =
      BoundOf(std::optional(Kernel(absl::Microseconds(1234))), kAsked);
  ASSERT_TRUE(result.bound.has_value());
  EXPECT_EQ(result.bound->least, absl::Microseconds(1234));
  EXPECT_GE(result.bound->At(kAsked + absl::Seconds(2)),
            absl::Microseconds(2234));
  EXPECT_THAT(result.bound->reason, HasSubstr("0.001234 s"));
}

TEST(KernelBoundTest, IsNoneWhereNobodyClaimsAnError) {
  KernelDiscipline unsynchronised = Kernel(absl::Milliseconds(3));
  unsynchronised.status = kUnsynchronised;
  EXPECT_FALSE(BoundOf(std::optional(unsynchronised), kAsked).bound);
  EXPECT_FALSE(BoundOf(std::nullopt, kAsked).bound);

  // systemd-timesyncd writes zeros, and the kernel counts on from there.
  for (const int seconds : {0, 1, 2, 64, 2048}) {
    SCOPED_TRACE(seconds);
    KernelDiscipline kernel = Kernel(absl::Microseconds(500) * seconds);
    kernel.estimated_error = absl::ZeroDuration();
    const auto result = BoundOf(std::optional(kernel), kAsked);
    EXPECT_FALSE(result.bound.has_value());
    EXPECT_THAT(result.reason, HasSubstr("timesyncd"));
  }
}

ClockReading Reading(absl::Duration monotonic, absl::Duration real_mono) {
  return {.raw_before = monotonic,
          .realtime = real_mono + monotonic,
          .monotonic = monotonic,
          .boottime = monotonic,
          .raw_after = monotonic};
}

// A host at kAsked that chronyd and the kernel tell of.
class HostBoundOfTrackerTest : public ::testing::Test {
 protected:
  void Tell(const std::optional<KernelDiscipline>& kernel) {
    host_.OnDiscipline(kernel, kAsked);
  }
  HostTracker host_{HostOptions()};
};

TEST_F(HostBoundOfTrackerTest, IsTheBetterOfTheTwo) {
  host_.OnChrony(Sound());
  Tell(Kernel(absl::Milliseconds(3)));
  EXPECT_LT(*host_.ProvenBound(kAsked), absl::Microseconds(214));
  EXPECT_THAT(host_.trust_reason(), HasSubstr("chronyd: 0.000214 s"));

  Tell(Kernel(absl::Microseconds(100)));
  EXPECT_LT(*host_.ProvenBound(kAsked), absl::Microseconds(101));
  EXPECT_THAT(host_.trust_reason(), HasSubstr("kernel"));
}

TEST_F(HostBoundOfTrackerTest, IsTheOneThatThereIs) {
  host_.OnChrony(Sound());
  KernelDiscipline unsynchronised;
  unsynchronised.status = kUnsynchronised;  // chronyd without rtcsync
  Tell(unsynchronised);
  EXPECT_TRUE(host_.ProvenBound(kAsked).has_value());
  EXPECT_THAT(host_.findings().Ordered(), IsEmpty());

  ChronyReport silent;
  silent.error = "chronyc: 506 Cannot talk to daemon";
  host_.OnChrony(silent);
  Tell(Kernel(absl::Milliseconds(3)));
  EXPECT_TRUE(host_.ProvenBound(kAsked).has_value());

  Tell(unsynchronised);
  EXPECT_FALSE(host_.ProvenBound(kAsked).has_value());
  EXPECT_EQ(host_.trust_reason(),
            "the kernel says that its clock is not synchronised; chronyc: 506 "
            "Cannot talk to daemon");
}

TEST_F(HostBoundOfTrackerTest, IsMissedOnlyAfterAWhile) {
  Tell(std::nullopt);
  EXPECT_THAT(host_.findings().Ordered(), IsEmpty());
  host_.OnDiscipline(std::nullopt, kAsked + absl::Seconds(1));
  EXPECT_THAT(host_.findings().Ordered(),
              ElementsAre(Field(&Finding::code, FindingCode::kHostUnproven)));
}

TEST_F(HostBoundOfTrackerTest, AgesInWhatVerdictsLeanOn) {
  host_.OnChrony(Sound());
  Tell(std::nullopt);
  EXPECT_GT(*host_.View(kAsked + absl::Seconds(10)).bound,
            absl::Microseconds(713));
}

TEST_F(HostBoundOfTrackerTest, KeepsWhatIsProvenBesideWhatIsDeclared) {
  HostOptions options;
  options.trust = HostTrust::kDeclared;
  HostTracker host(options);
  host.OnChrony(Sound());
  host.OnDiscipline(std::nullopt, kAsked);
  EXPECT_EQ(host.View(kAsked).bound, absl::ZeroDuration());
  EXPECT_GT(*host.View(kAsked).proven, absl::Microseconds(213));
}

// chronyd measured at `measured` and is asked at `asked`, both in seconds from
// kAsked on.
ChronyReport Later(int asked, int measured) {
  ChronyReport report = Sound();
  report.asked = kAsked + absl::Seconds(asked);
  report.realtime += absl::Seconds(asked);
  report.tracking->reference_time = absl::Seconds(kToday + measured);
  return report;
}

class HostStepTest : public HostBoundOfTrackerTest {
 protected:
  void Step() {
    for (const int set : {0, 1}) {
      host_.OnReading(Reading(absl::Seconds(1000 + set),
                              absl::Seconds(kToday) + absl::Hours(1) * set));
    }
  }
  bool ProvenAfter(const ChronyReport& report) {
    host_.OnChrony(report);
    host_.OnDiscipline(std::nullopt, report.asked);
    return host_.ProvenBound(report.asked).has_value();
  }
};

TEST_F(HostStepTest, VoidsWhatChronydSaidUntilItMeasuresAgain) {
  ASSERT_TRUE(ProvenAfter(Later(0, -20)));
  Step();
  EXPECT_FALSE(ProvenAfter(Later(1, -20)));  // asked as the step was seen
  EXPECT_FALSE(ProvenAfter(Later(2, -20)));
  EXPECT_TRUE(host_.View(kAsked + absl::Seconds(2)).stepped);
  EXPECT_THAT(host_.trust_reason(), HasSubstr("since the clock was set"));
  // A slew moves the last measurement by a little.
  ChronyReport slewed = Later(3, -20);
  slewed.tracking->reference_time += absl::Milliseconds(3);
  EXPECT_FALSE(ProvenAfter(slewed));
  EXPECT_TRUE(ProvenAfter(Later(12, 10)));
  EXPECT_FALSE(host_.View(kAsked + absl::Seconds(12)).stepped);
}

TEST_F(HostStepTest, WaitsForTheSecondMeasurementIfItKnewNoneBefore) {
  Step();
  EXPECT_FALSE(ProvenAfter(Later(12, 10)));
  EXPECT_FALSE(ProvenAfter(Later(22, 10)));
  EXPECT_TRUE(ProvenAfter(Later(32, 30)));
}

}  // namespace
}  // namespace noonmark
