#include "host/policy/correction_policy.h"

#include <gtest/gtest.h>

namespace noonmark {
namespace {

TEST(CorrectionPoliciesTest, LetAGuestsOwnWordComeFirst) {
  CorrectionPolicies policies;
  policies.usual.rails.mode = CorrectionMode::kAdvise;
  policies.usual.limits.lease = absl::Seconds(90);
  policies.groups["mail"].mode = CorrectionMode::kCorrect;
  policies.groups["mail"].slots = 2;
  policies.guests["mail-1"].mode = CorrectionMode::kObserve;
  policies.guests["mail-1"].hold_max = absl::Seconds(10);
  policies.guests["uuid-of-mail-1"].mode = CorrectionMode::kAdvise;

  const CorrectionPolicy other = policies.Of("u", "web-1", "");
  EXPECT_EQ(other.rails.mode, CorrectionMode::kAdvise);
  EXPECT_EQ(other.rails.group, "");
  EXPECT_EQ(other.limits.lease, absl::Seconds(90));

  const CorrectionPolicy of_group = policies.Of("u", "mail-2", "mail");
  EXPECT_EQ(of_group.rails.mode, CorrectionMode::kCorrect);
  EXPECT_EQ(of_group.rails.group, "mail");
  EXPECT_EQ(of_group.rails.group_slots, 2);
  EXPECT_EQ(of_group.limits.lease, absl::Seconds(90));

  const CorrectionPolicy by_name = policies.Of("u", "mail-1", "mail");
  EXPECT_EQ(by_name.rails.mode, CorrectionMode::kObserve);
  EXPECT_EQ(by_name.rails.group_slots, 2);
  EXPECT_EQ(by_name.limits.hold_max, absl::Seconds(10));

  const CorrectionPolicy by_uuid =
      policies.Of("uuid-of-mail-1", "mail-1", "mail");
  EXPECT_EQ(by_uuid.rails.mode, CorrectionMode::kAdvise);
  EXPECT_EQ(by_uuid.limits.hold_max, absl::ZeroDuration());
}

TEST(CorrectionPoliciesTest, ObserveUnlessToldOtherwise) {
  EXPECT_EQ(CorrectionPolicies().Of("u", "a", "g").rails.mode,
            CorrectionMode::kObserve);
}

}  // namespace
}  // namespace noonmark
