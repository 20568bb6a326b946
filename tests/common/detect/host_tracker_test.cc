#include "common/detect/host_tracker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <optional>

#include "absl/time/time.h"
#include "tests/support/virtual_machine.h"

namespace noonmark {
namespace {

using testing::Bracket;
using ::testing::HasSubstr;
using testing::kBoottime;
using testing::kMonotonic;
using testing::kRawAfter;
using testing::kRawBefore;
using testing::kWholeGroup;
using testing::VirtualMachine;

constexpr absl::Duration kNs = absl::Nanoseconds(1);
constexpr uint32_t kUnsynchronised = 0x40;

KernelDiscipline Proven(absl::Duration max_error) {
  KernelDiscipline discipline;
  discipline.max_error = max_error;
  discipline.estimated_error = absl::Microseconds(1);
  return discipline;
}

// Not less, and not more than the arithmetic needs.
bool IsAbout(const std::optional<absl::Duration>& bound,
             absl::Duration expected) {
  return bound.has_value() && *bound >= expected &&
         *bound <= expected + 2 * kNs;
}

// A host that is looked at ten times a second.
class HostTrackerTest : public ::testing::Test {
 protected:
  HostTracker::Result Look(
      const Bracket& bracket = Bracket::Even(absl::Nanoseconds(300))) {
    now_ += absl::Milliseconds(100);
    return tracker_.OnReading(machine_.Read(now_, bracket));
  }
  void Watch(absl::Duration lasting) {
    for (const absl::Duration end = now_ + lasting; now_ < end;) {
      const HostTracker::Result result = Look();
      EXPECT_FALSE(result.stepped.has_value());
      EXPECT_FALSE(result.slept);
    }
  }
  MonotonicTime Now() {
    return MonotonicTime::FromReading(machine_.Read(now_).monotonic);
  }
  void Discipline(const std::optional<KernelDiscipline>& discipline) {
    tracker_.OnDiscipline(discipline, Now());
  }
  HostView View() { return tracker_.View(Now()); }

  VirtualMachine machine_;
  absl::Duration now_;
  HostTracker tracker_{HostOptions()};
};

TEST_F(HostTrackerTest, SeesAStepAndItsSize) {
  Watch(absl::Seconds(1));
  machine_.SetRealtime(now_, absl::Seconds(-30));
  const HostTracker::Result result = Look();
  ASSERT_TRUE(result.stepped.has_value());
  EXPECT_TRUE(result.stepped->Contains(absl::Seconds(-30)));
  EXPECT_LT(result.stepped->Width(), absl::Microseconds(2));
  EXPECT_FALSE(result.slept);
  const Finding finding =
      tracker_.findings().Find(FindingCode::kHostStepped).value();
  EXPECT_TRUE(finding.active);
  EXPECT_EQ(finding.severity, Severity::kFault);
  EXPECT_EQ(finding.window_end - finding.window_begin, absl::Milliseconds(100));
  Watch(absl::Seconds(1));
}

TEST_F(HostTrackerTest, SeesASmallStep) {
  Watch(absl::Seconds(1));
  machine_.SetRealtime(now_, absl::Microseconds(2));
  EXPECT_TRUE(Look().stepped.has_value());
  EXPECT_EQ(tracker_.findings().Find(FindingCode::kHostStepped)->severity,
            Severity::kWarning);
}

TEST_F(HostTrackerTest, SeesAStepThroughAReadingWithAWideBracket) {
  Watch(absl::Seconds(1));
  EXPECT_FALSE(Look(Bracket::Even(absl::Seconds(40))).stepped.has_value());
  now_ += absl::Seconds(40);
  machine_.SetRealtime(now_, absl::Seconds(-30));
  EXPECT_TRUE(Look().stepped.has_value());
}

TEST_F(HostTrackerTest, TakesNoSlewForAStep) {
  for (const PartsPerBillion slew : {83'333'000, -100'500'000, 0}) {
    machine_.SetSlew(now_, slew);
    Watch(absl::Seconds(30));
  }
}

TEST_F(HostTrackerTest, SeesThatTheHostSlept) {
  Watch(absl::Seconds(1));
  machine_.Sleep(now_, absl::Hours(1));
  now_ += absl::Hours(1);
  const HostTracker::Result result = Look();
  EXPECT_TRUE(result.slept);
  EXPECT_TRUE(result.stepped.has_value());
}

TEST_F(HostTrackerTest, PassesOverReadingsThatAreOlder) {
  Watch(absl::Seconds(1));
  const ClockReading old = machine_.Read(now_);
  Watch(absl::Seconds(20));
  machine_.SetRealtime(now_, absl::Seconds(-30));
  EXPECT_TRUE(Look().stepped.has_value());
  EXPECT_FALSE(tracker_.OnReading(old).stepped.has_value());
  Watch(absl::Seconds(1));
}

TEST_F(HostTrackerTest, IsNotBlindAfterItsCounterFell) {
  Watch(absl::Seconds(1));
  machine_.Leap(now_, -absl::Seconds(4398));
  Watch(absl::Seconds(1));
  machine_.SetRealtime(now_, absl::Seconds(-30));
  EXPECT_TRUE(Look().stepped.has_value());
}

// One reading of MONOTONIC or RAW that is off is neither a step nor a sleep,
// and the next is not blind.
TEST_F(HostTrackerTest, PassesOverAMisread) {
  for (const absl::Duration by :
       {absl::Nanoseconds(int64_t{1} << 42), -absl::Seconds(4398)}) {
    for (const unsigned readings : {+kMonotonic, kRawBefore | kRawAfter}) {
      Watch(absl::Seconds(1));
      machine_.Glitch(by, readings);
      Watch(absl::Seconds(1));
      machine_.SetRealtime(now_, absl::Seconds(-3));
      EXPECT_TRUE(Look().stepped.has_value());
    }
  }
}

TEST_F(HostTrackerTest, AcceptsALeapOfTheKernelsTimekeepingInTheEnd) {
  Watch(absl::Seconds(1));
  machine_.LeapTimekeeping(now_, absl::Seconds(4398));
  Watch(absl::Seconds(1));
  machine_.SetRealtime(now_, absl::Seconds(-30));
  EXPECT_TRUE(Look().stepped.has_value());
}

TEST_F(HostTrackerTest, IsProvenByABoundOfTheKernelsAndByNothingElse) {
  EXPECT_FALSE(View().bound.has_value());
  Discipline(Proven(absl::Milliseconds(20)));
  EXPECT_TRUE(IsAbout(View().bound, absl::Milliseconds(20)));
  EXPECT_THAT(tracker_.trust_reason(), HasSubstr("0.020000 s"));
  EXPECT_FALSE(tracker_.findings().IsActive(FindingCode::kHostUnproven));

  Discipline(Proven(absl::ZeroDuration()));  // systemd-timesyncd
  EXPECT_FALSE(View().bound.has_value());
  EXPECT_THAT(tracker_.trust_reason(), HasSubstr("timesyncd"));
  now_ += absl::Seconds(1);
  Discipline(Proven(absl::ZeroDuration()));
  EXPECT_TRUE(tracker_.findings().IsActive(FindingCode::kHostUnproven));
  EXPECT_EQ(tracker_.findings().Find(FindingCode::kHostUnproven)->severity,
            Severity::kWarning);

  Discipline(Proven(kNs));
  EXPECT_TRUE(IsAbout(View().bound, kNs));
  EXPECT_FALSE(tracker_.findings().IsActive(FindingCode::kHostUnproven));
  Discipline(Proven(-kNs));
  EXPECT_FALSE(View().bound.has_value());

  KernelDiscipline unsynchronised = Proven(absl::Milliseconds(20));
  unsynchronised.status = kUnsynchronised;
  Discipline(unsynchronised);
  EXPECT_FALSE(View().bound.has_value());
  EXPECT_THAT(tracker_.trust_reason(), HasSubstr("not synchronised"));

  Discipline(std::nullopt);
  EXPECT_FALSE(View().bound.has_value());
  EXPECT_THAT(tracker_.trust_reason(), HasSubstr("cannot be read"));
}

TEST_F(HostTrackerTest, JudgesNobodyAfterAStepUntilItIsProven) {
  Discipline(Proven(absl::Milliseconds(20)));
  Watch(absl::Seconds(1));
  machine_.SetRealtime(now_, absl::Seconds(30));
  Look();
  EXPECT_TRUE(View().stepped);
  KernelDiscipline unsynchronised;
  unsynchronised.status = kUnsynchronised;
  Discipline(unsynchronised);
  EXPECT_TRUE(View().stepped);
  Watch(absl::Seconds(10));
  EXPECT_TRUE(View().stepped);
  Discipline(Proven(absl::Milliseconds(1)));
  EXPECT_FALSE(View().stepped);
  EXPECT_FALSE(tracker_.findings().IsActive(FindingCode::kHostStepped));
}

TEST_F(HostTrackerTest, JudgesAgainFiveMinutesAfterAStep) {
  Watch(absl::Seconds(1));
  machine_.SetRealtime(now_, absl::Seconds(30));
  Look();
  const MonotonicTime stepped = Now();
  const absl::Duration hold = HostOptions().hold_after_step;
  // Seen by the end of the bracket.
  EXPECT_TRUE(tracker_.View(stepped + hold - absl::Microseconds(1)).stepped);
  EXPECT_FALSE(tracker_.View(stepped + hold + absl::Microseconds(1)).stepped);
}

TEST_F(HostTrackerTest, IsBelievedWhereTheOperatorSaysSo) {
  HostOptions options;
  options.trust = HostTrust::kDeclared;
  tracker_ = HostTracker(options);
  EXPECT_EQ(View().bound, absl::ZeroDuration());
  Discipline(Proven(absl::Milliseconds(20)));
  EXPECT_EQ(View().bound, absl::ZeroDuration());
  EXPECT_TRUE(IsAbout(tracker_.ProvenBound(Now()), absl::Milliseconds(20)));
  Discipline(std::nullopt);
  now_ += absl::Seconds(1);
  Discipline(std::nullopt);
  EXPECT_EQ(View().bound, absl::ZeroDuration());
  EXPECT_EQ(tracker_.findings().Find(FindingCode::kHostUnproven)->severity,
            Severity::kInfo);
  // A step of its own suspends the judging all the same.
  Watch(absl::Seconds(1));
  machine_.SetRealtime(now_, absl::Seconds(30));
  Look();
  EXPECT_TRUE(View().stepped);
}

TEST_F(HostTrackerTest, BearsAnyReading) {
  for (const int64_t a : {std::numeric_limits<int64_t>::min(), int64_t{0},
                          std::numeric_limits<int64_t>::max()}) {
    for (const int64_t b : {std::numeric_limits<int64_t>::min(), int64_t{0},
                            std::numeric_limits<int64_t>::max()}) {
      for (int field = 0; field < 5; ++field) {
        Watch(absl::Seconds(1));
        ClockReading reading = machine_.Read(now_);
        absl::Duration* const fields[] = {
            &reading.raw_before, &reading.realtime, &reading.monotonic,
            &reading.boottime, &reading.raw_after};
        *fields[field] = absl::Nanoseconds(a);
        *fields[(field + 1) % 5] = absl::Nanoseconds(b);
        tracker_.OnReading(reading);
        for (int i = 0; i < 5; ++i) Look();
      }
    }
  }
  Watch(absl::Seconds(1));
}

}  // namespace
}  // namespace noonmark
