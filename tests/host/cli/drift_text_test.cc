#include "host/cli/drift_text.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "tests/host/cli/messages.h"

namespace noonmark::cli {
namespace {

using ::noonmark::testing::FromText;

v1::Guest Drifting(const std::string& drift) {
  return FromText<v1::Guest>("warning_threshold { nanos: 500000000 } drift { " +
                             drift + " window { seconds: 590 } }");
}

TEST(DriftTextTest, TellsTheDriftItsErrorBarAndWhereItLeads) {
  EXPECT_EQ(DriftText(Drifting(R"pb(
              ppm: 12.31
              bar { lo_ppm: 11.9 hi_ppm: 12.65 }
              constant: true
              warning_earliest { seconds: 38400 }
              warning_latest { seconds: 42600 }
            )pb")),
            "+12.3 ± 0.4 ppm over 9 min 50 s; reaches the warning threshold of "
            "500 ms in 11 h 20 min (10 h 40 min to 11 h 50 min) if it goes on "
            "so");
}

TEST(DriftTextTest, SaysNoMoreOfADriftThatLeadsNowhere) {
  EXPECT_EQ(DriftText(Drifting("ppm: -3.05 bar { lo_ppm: -3.1 hi_ppm: -3 } "
                               "constant: true")),
            "-3.05 ± 0.05 ppm over 9 min 50 s");
  EXPECT_EQ(DriftText(v1::Guest()), "");
}

TEST(DriftTextTest, SaysThatTheDriftChanged) {
  EXPECT_EQ(DriftText(Drifting("ppm: 2 bar { lo_ppm: -30 hi_ppm: 33 }")),
            "+2.0 ± 32.0 ppm over 9 min 50 s, not constant");
}

TEST(DriftTextTest, SaysThatItIsBeyondTheThresholdAlready) {
  EXPECT_EQ(DriftText(Drifting("ppm: 1 bar { lo_ppm: 1 hi_ppm: 1 } constant: "
                               "true warning_earliest { } warning_latest { }")),
            "+1.000 ± 0.000 ppm over 9 min 50 s; beyond the warning threshold "
            "of 500 ms already");
}

TEST(DriftTextTest, PrintsABoundThatHoldsTheErrorBar) {
  for (int i = 0; i < 20'000; ++i) {
    const double middle = (i * 7919 % 20'011 - 10'000) / 977.0;
    const double half = (i * 104'729 % 10'007) / (i % 3 == 0 ? 7.0 : 70'001.0);
    v1::Guest guest;
    guest.mutable_drift()->set_ppm(middle + half / 3);
    guest.mutable_drift()->mutable_bar()->set_lo_ppm(middle - half);
    guest.mutable_drift()->mutable_bar()->set_hi_ppm(middle + half);
    const std::string text = DriftText(guest);
    double shown = 0;
    double bound = 0;
    ASSERT_EQ(std::sscanf(text.c_str(), "%lf ± %lf", &shown, &bound), 2);
    ASSERT_LE(shown - bound, middle - half + 1e-8) << text;
    ASSERT_GE(shown + bound, middle + half - 1e-8) << text;
  }
}

TEST(DriftTextTest, NeverSaysMinusZero) {
  EXPECT_EQ(DriftText(Drifting("ppm: -0.0001 bar { lo_ppm: -0.0001 hi_ppm: "
                               "-0.0001 } constant: true")),
            "+0.000 ± 0.001 ppm over 9 min 50 s");
}

}  // namespace
}  // namespace noonmark::cli
