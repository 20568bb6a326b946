// What must hold of every plan, whatever it is made from.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <random>

#include "host/policy/plan.h"
#include "tests/host/policy/plan_facts.h"

namespace noonmark {
namespace {

using testing::Now;

// Facts of every kind, sensible or not.
class AnyFacts {
 public:
  explicit AnyFacts(uint64_t seed) : random_(seed) {}

  PlanFacts Draw() {
    PlanFacts facts = testing::WrongBy(AnyOffset());
    if (OneIn(3)) facts.verdict = static_cast<Verdict>(Below(6));
    if (OneIn(2)) facts.verdict_since = Now() - AnyLength();
    if (OneIn(20)) facts.offset.reset();
    if (facts.offset.has_value() && OneIn(2)) {
      facts.offset = facts.offset->WidenedBy(AnyLength() / 1000);
    }
    if (OneIn(3)) facts.policy.thresholds.warning = AnyLength() / 100;
    if (OneIn(5)) facts.policy.intended_offset = AnyOffset();
    if (OneIn(5)) facts.agreement.Forget();
    if (OneIn(5)) facts.unpaused = Now() - AnyLength();
    if (OneIn(5)) facts.host.bound.reset();
    if (OneIn(5)) facts.host.bound = AnyLength() / 1000;
    if (OneIn(9)) facts.host.stepped = true;
    facts.declared = OneIn(3);
    if (OneIn(9)) facts.host_realtime = AnyOffset() * 1e5;
    if (OneIn(5)) facts.services.reset();
    if (facts.services.has_value() && OneIn(9)) facts.services->clear();
    if (facts.services.has_value() && OneIn(2)) {
      facts = testing::ChronyClaims(facts, AnyLength() / 100);
      if (OneIn(3)) facts.discipline->status = 0x0040;
    }
    if (OneIn(3)) {
      const double ppm = (Unit() - 0.5) * 2e5;
      facts.drift.emplace();
      facts.drift->ppm = ppm;
      facts.drift->bar = {ppm - Unit() * 100, ppm + Unit() * 100};
    }
    while (OneIn(3)) {
      Finding finding;
      const auto codes = AllFindingCodes();
      finding.code = codes[Below(codes.size())];
      finding.active = OneIn(2);
      finding.last_seen = Now() - AnyLength();
      if (OneIn(2)) finding.size = Interval::Exactly(AnyOffset());
      facts.findings.push_back(finding);
    }
    return facts;
  }

  PlanLimits DrawLimits() {
    PlanLimits limits;
    if (OneIn(3)) limits.cap = std::min(AnyLength(), absl::Hours(24));
    if (OneIn(3)) limits.slew_max = absl::Milliseconds(Below(451));
    if (OneIn(3)) limits.hold_max = absl::Seconds(Below(181));
    if (OneIn(3)) limits.lease = absl::Seconds(30 + Below(571));
    if (OneIn(3)) limits.forward_at_once = absl::Seconds(Below(11));
    return limits;
  }

 private:
  double Unit() {
    return std::uniform_real_distribution<double>(0, 1)(random_);
  }
  uint64_t Below(uint64_t end) { return random_() % end; }
  bool OneIn(uint64_t n) { return Below(n) == 0; }
  // From 1 us to 11 days, each order of magnitude as often, or an edge.
  absl::Duration AnyLength() {
    static constexpr std::array kEdges = {
        absl::ZeroDuration(), absl::Milliseconds(50), absl::Milliseconds(450),
        absl::Seconds(10),    absl::Seconds(100),     absl::Hours(24),
        absl::Nanoseconds(1), absl::Seconds(60),      absl::InfiniteDuration()};
    if (OneIn(5)) return kEdges[Below(kEdges.size())];
    return absl::Seconds(std::pow(10.0, Unit() * 12 - 6));
  }
  absl::Duration AnyOffset() { return OneIn(2) ? AnyLength() : -AnyLength(); }

  std::mt19937_64 random_;
};

TEST(PlanPropertyTest, HoldsOfEveryPlan) {
  AnyFacts any(20261128);
  std::array<int, 6> ways = {};
  for (int i = 0; i < 200'000; ++i) {
    SCOPED_TRACE(i);
    const PlanFacts facts = any.Draw();
    const PlanLimits limits = any.DrawLimits();
    const Plan plan = MakePlan(facts, limits, Now());
    ++ways[static_cast<size_t>(plan.way)];

    // Always a reason; a refusal, and nothing else, has objections.
    ASSERT_FALSE(plan.reasons.empty());
    for (const std::string& reason : plan.reasons) ASSERT_FALSE(reason.empty());
    ASSERT_EQ(plan.way == PlanWay::kRefuse, !plan.objections.empty());
    for (const Objection& objection : plan.objections) {
      ASSERT_FALSE(objection.why.empty());
      ASSERT_FALSE(objection.remedy.empty());
    }
    if (!plan.Moves()) continue;

    // Never back under running mail, but slowly; never far forward.
    ASSERT_NE(plan.amount, absl::ZeroDuration());
    if (plan.way == PlanWay::kStep) {
      ASSERT_GT(plan.amount, absl::ZeroDuration());
      ASSERT_LE(plan.amount, limits.forward_unquiesced);
    }
    if (plan.way == PlanWay::kSlew) {
      ASSERT_LE(absl::AbsDuration(plan.amount), limits.slew_max);
      for (const ServiceStatus& service : *facts.services) {
        ASSERT_NE(service.role, ServiceRole::kTimeDaemon);
      }
    }
    // Never beyond the cap.
    ASSERT_LE(absl::AbsDuration(plan.amount), limits.cap);
    // Never on what may be right, the host's own error included.
    const Interval allowed = Interval::Exactly(facts.policy.intended_offset)
                                 .WidenedBy(facts.policy.thresholds.warning);
    ASSERT_TRUE(facts.offset.has_value());
    ASSERT_TRUE(facts.host.bound.has_value());
    ASSERT_FALSE(facts.offset->WidenedBy(*facts.host.bound).Meets(allowed));
    ASSERT_EQ(
        facts.verdict == Verdict::kWrong || facts.verdict == Verdict::kDiffers,
        true);
    // To where it should be, give or take the proof's own width.
    const Interval after = *facts.offset + Interval::Exactly(plan.amount);
    ASSERT_TRUE(after.Contains(facts.policy.intended_offset));
    // Whatever holds mail does so within its lease.
    ASSERT_LE(plan.cost.hold, limits.hold_max);
    ASSERT_LE(plan.cost.hold, limits.lease);
  }
  // The drawing reaches every way.
  for (size_t way = 0; way < ways.size(); ++way) {
    EXPECT_GT(ways[way], 100) << PlanWayName(static_cast<PlanWay>(way));
  }
}

TEST(PlanPropertyTest, SameFactsGiveTheSamePlan) {
  AnyFacts any(7);
  for (int i = 0; i < 1000; ++i) {
    const PlanFacts facts = any.Draw();
    const Plan one = MakePlan(facts, PlanLimits(), Now());
    const Plan other = MakePlan(facts, PlanLimits(), Now());
    ASSERT_EQ(one.way, other.way);
    ASSERT_EQ(one.amount, other.amount);
    ASSERT_EQ(one.reasons, other.reasons);
    ASSERT_EQ(one.warnings, other.warnings);
  }
}

}  // namespace
}  // namespace noonmark
