#include "common/detect/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "absl/time/time.h"

namespace noonmark {
namespace {

using ::testing::HasSubstr;

constexpr absl::Duration kNs = absl::Nanoseconds(1);
constexpr absl::Duration kT = absl::Milliseconds(500);

MonotonicTime At(int seconds) {
  return MonotonicTime::FromReading(absl::Seconds(seconds));
}

class VerdictTest : public ::testing::Test {
 protected:
  // A burst that proved `lo` to `hi`.
  Verdict Burst(absl::Duration lo, absl::Duration hi) {
    judge_.OnOffset({lo, hi}, host_, At(++now_));
    return judge_.verdict();
  }
  Verdict Burst(absl::Duration offset) { return Burst(offset, offset); }

  VerdictTest() { host_.bound = absl::ZeroDuration(); }

  HostView host_;
  VerdictJudge judge_{Thresholds()};
  int now_ = 1000;
};

TEST_F(VerdictTest, IsUnknownAtFirst) {
  EXPECT_EQ(judge_.verdict(), Verdict::kUnknown);
  EXPECT_EQ(judge_.reason(), "not measured yet");
}

TEST_F(VerdictTest, IsOkAtOnceUpToTheThreshold) {
  EXPECT_EQ(Burst(-kT, kT), Verdict::kOk);
  EXPECT_EQ(Burst(-kT, kT + kNs), Verdict::kUncertain);
  EXPECT_EQ(Burst(-kT - kNs, kT), Verdict::kUncertain);
}

TEST_F(VerdictTest, IsWrongBeyondTheThresholdTheSecondTime) {
  Burst(absl::ZeroDuration());
  EXPECT_EQ(Burst(kT + kNs), Verdict::kUncertain);
  EXPECT_TRUE(judge_.wants_confirmation());
  EXPECT_THAT(judge_.reason(), HasSubstr("outside once"));
  EXPECT_EQ(Burst(kT + kNs), Verdict::kWrong);
  EXPECT_FALSE(judge_.wants_confirmation());
  EXPECT_EQ(judge_.reason(), "");
}

TEST_F(VerdictTest, IsNotWrongAtTheThreshold) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Burst(kT, 9 * kT), Verdict::kUncertain);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(Burst(-9 * kT, -kT), Verdict::kUncertain);
  }
}

TEST_F(VerdictTest, IsNotWrongForTwoBurstsThatAreNotInARow) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(Burst(absl::Seconds(3)), Verdict::kUncertain);
    EXPECT_EQ(Burst(absl::ZeroDuration()), Verdict::kOk);
  }
}

TEST_F(VerdictTest, IsNotHiddenByTheWidth) {
  const absl::Duration wide = absl::Hours(1);
  Burst(kT + kNs, wide);
  EXPECT_EQ(Burst(kT + kNs, wide), Verdict::kWrong);
  EXPECT_EQ(Burst(-wide, -kT - kNs), Verdict::kWrong);
}

TEST_F(VerdictTest, SaysWhichWidthWouldTell) {
  Burst(absl::Milliseconds(300), absl::Milliseconds(900));
  EXPECT_EQ(judge_.verdict(), Verdict::kUncertain);
  EXPECT_EQ(judge_.reason(),
            "bound 0.3 s is too wide; one below 0.1 s would tell");
}

TEST_F(VerdictTest, EndsWrongWithItsProof) {
  Burst(absl::Seconds(3));
  Burst(absl::Seconds(3));
  EXPECT_EQ(Burst(absl::ZeroDuration(), absl::Seconds(3)), Verdict::kUncertain);
  EXPECT_THAT(judge_.reason(), HasSubstr("was wrong before"));
}

// A reason is always that of now.
TEST_F(VerdictTest, TellsTheReasonOfTheLastBurst) {
  Burst(absl::Seconds(3));
  Burst(absl::Seconds(3));
  Burst(absl::ZeroDuration(), absl::Seconds(3));
  EXPECT_EQ(Burst(absl::Seconds(3)), Verdict::kUncertain);
  EXPECT_THAT(judge_.reason(), HasSubstr("outside once"));
  EXPECT_TRUE(judge_.wants_confirmation());
  judge_.OnNoData("the agent does not answer", At(++now_));
  EXPECT_EQ(Burst(absl::Seconds(3)), Verdict::kUncertain);
}

TEST_F(VerdictTest, IsOkAgainAfterThreeBurstsWellInside) {
  Burst(absl::Seconds(3));
  Burst(absl::Seconds(3));
  EXPECT_EQ(Burst(-kT / 2, kT / 2), Verdict::kUncertain);
  EXPECT_EQ(Burst(-kT / 2, kT / 2), Verdict::kUncertain);
  EXPECT_EQ(Burst(-kT / 2, kT / 2), Verdict::kOk);
}

TEST_F(VerdictTest, IsOkAgainAfterTwelveBurstsThatAreJustInside) {
  Burst(absl::Seconds(3));
  Burst(absl::Seconds(3));
  for (int i = 1; i < 12; ++i) {
    EXPECT_EQ(Burst(-kT / 2, kT / 2 + kNs), Verdict::kUncertain) << i;
  }
  EXPECT_EQ(Burst(-kT / 2, kT / 2 + kNs), Verdict::kOk);
}

TEST_F(VerdictTest, CountsAnewAfterABurstThatIsNotInside) {
  Burst(absl::Seconds(3));
  Burst(absl::Seconds(3));
  Burst(absl::ZeroDuration());
  Burst(absl::ZeroDuration());
  Burst(-kT, 2 * kT);
  Burst(absl::ZeroDuration());
  EXPECT_EQ(Burst(absl::ZeroDuration()), Verdict::kUncertain);
  EXPECT_EQ(Burst(absl::ZeroDuration()), Verdict::kOk);
}

TEST_F(VerdictTest, IsOnlyDifferentWhereNothingProvesTheHost) {
  host_.bound = std::nullopt;
  EXPECT_EQ(Burst(absl::ZeroDuration()), Verdict::kOk);
  Burst(absl::Seconds(3));
  EXPECT_EQ(Burst(absl::Seconds(3)), Verdict::kDiffers);
  EXPECT_EQ(judge_.reason(), "the host is unproven");
  host_.bound = absl::ZeroDuration();
  EXPECT_EQ(Burst(absl::Seconds(3)), Verdict::kWrong);
}

TEST_F(VerdictTest, IsOnlyDifferentWhereTheHostsOwnErrorCouldExplainIt) {
  host_.bound = absl::Seconds(2);
  Burst(kT + absl::Seconds(2));
  EXPECT_EQ(Burst(kT + absl::Seconds(2)), Verdict::kDiffers);
  EXPECT_THAT(judge_.reason(), HasSubstr("2 s"));
  EXPECT_EQ(Burst(kT + absl::Seconds(2) + kNs), Verdict::kWrong);
  EXPECT_EQ(Burst(-kT - absl::Seconds(2)), Verdict::kDiffers);
  EXPECT_EQ(Burst(-kT - absl::Seconds(2) - kNs), Verdict::kWrong);
}

TEST_F(VerdictTest, IsSuspendedAfterAStepOfTheHostAndThenJudgedAnew) {
  Burst(absl::Seconds(3));
  Burst(absl::Seconds(3));
  host_.stepped = true;
  EXPECT_EQ(Burst(absl::Seconds(3)), Verdict::kSuspended);
  EXPECT_EQ(judge_.reason(), "host-stepped");
  EXPECT_FALSE(judge_.wants_confirmation());
  host_.stepped = false;
  EXPECT_EQ(Burst(absl::Seconds(3)), Verdict::kUncertain);
  EXPECT_EQ(Burst(absl::Seconds(3)), Verdict::kWrong);
}

TEST_F(VerdictTest, KeepsTheMomentOfTheChange) {
  Burst(absl::ZeroDuration());
  const MonotonicTime ok_since = judge_.since();
  EXPECT_EQ(ok_since, At(1001));
  Burst(absl::ZeroDuration());
  EXPECT_EQ(judge_.since(), ok_since);
  Burst(absl::Seconds(3));
  EXPECT_EQ(judge_.since(), At(1003));
}

TEST_F(VerdictTest, ForgetsTheTroubleOfAnotherBoot) {
  Burst(absl::Seconds(3));
  Burst(absl::Seconds(3));
  judge_.OnReboot(At(2000));
  EXPECT_EQ(judge_.verdict(), Verdict::kUnknown);
  EXPECT_EQ(judge_.since(), At(2000));
  EXPECT_EQ(Burst(absl::ZeroDuration()), Verdict::kOk);
}

// Whatever the verdict was, twenty equal bursts lead to the right one.
TEST_F(VerdictTest, HasNoDeadEnds) {
  const auto expected = [&](const Interval& offset) {
    if (offset.lo > kT || offset.hi < -kT) {
      const Interval wide = offset.WidenedBy(host_.bound.value_or(kT));
      const bool proven =
          host_.bound.has_value() && (wide.lo > kT || wide.hi < -kT);
      return proven ? Verdict::kWrong : Verdict::kDiffers;
    }
    return offset.lo >= -kT && offset.hi <= kT ? Verdict::kOk
                                               : Verdict::kUncertain;
  };
  const std::optional<absl::Duration> bounds[] = {
      std::nullopt, absl::ZeroDuration(), absl::Milliseconds(100),
      absl::Seconds(2)};
  for (const auto& bound : bounds) {
    host_.bound = bound;
    for (int before = 0; before < 6; ++before) {
      for (int middle = -40; middle <= 40; ++middle) {
        for (int half = 0; half <= 20; ++half) {
          judge_ = VerdictJudge(Thresholds());
          for (int i = 0; i < 3; ++i) {
            if (before == 1) Burst(absl::ZeroDuration());
            if (before == 2) Burst(absl::Seconds(100));
            if (before == 3) Burst(-absl::Seconds(100), absl::Seconds(100));
            if (before == 4) judge_.OnNoData("silent", At(++now_));
            if (before == 5) judge_.OnSuspend("paused", At(++now_));
          }
          const Interval offset = {absl::Milliseconds(100 * (middle - half)),
                                   absl::Milliseconds(100 * (middle + half))};
          for (int i = 0; i < 20; ++i) Burst(offset.lo, offset.hi);
          ASSERT_EQ(judge_.verdict(), expected(offset))
              << before << " " << middle << " " << half;
        }
      }
    }
  }
}

TEST(VerdictNameTest, IsWhatReportsShow) {
  EXPECT_EQ(VerdictName(Verdict::kOk), "ok");
  EXPECT_EQ(VerdictName(Verdict::kWrong), "wrong");
  EXPECT_EQ(VerdictName(Verdict::kDiffers), "differs");
  EXPECT_EQ(VerdictName(Verdict::kUncertain), "uncertain");
  EXPECT_EQ(VerdictName(Verdict::kUnknown), "unknown");
  EXPECT_EQ(VerdictName(Verdict::kSuspended), "suspended");
}

}  // namespace
}  // namespace noonmark
