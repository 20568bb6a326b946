#include "host/policy/plan.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/estimate/format.h"
#include "host/policy/length_text.h"
#include "host/policy/objections.h"
#include "host/policy/side_effects.h"

namespace noonmark {
namespace {

// A slew that is over within that is waited for.
constexpr absl::Duration kSlewPatience = absl::Minutes(15);
// Drift that matters to whoever corrects a clock.
constexpr double kRunsOffPpm = 50;

// "+4398.046510 s ± 0.000010 s from the host's clock"
std::string WhereItIs(const PlanFacts& facts) {
  const absl::Duration intended = facts.policy.intended_offset;
  std::string text = absl::StrCat("Its clock is ", FormatOffset(*facts.offset),
                                  " from the host's");
  if (intended != absl::ZeroDuration()) {
    absl::StrAppend(&text, ", and is meant to be ", FormatSeconds(intended));
  }
  return text;
}

// What is allowed: intended ± the warning threshold.
Interval Allowed(const GuestPolicy& policy) {
  return Interval::Exactly(policy.intended_offset)
      .WidenedBy(policy.thresholds.warning);
}

// How long until the offset is inside again, if it goes on as it does. Absent:
// it does not lead there for certain.
std::optional<absl::Duration> UntilInside(const PlanFacts& facts) {
  if (!facts.drift.has_value()) return std::nullopt;
  const Interval allowed = Allowed(facts.policy);
  const bool ahead = facts.offset->lo > allowed.hi;
  const double slowest =
      ahead ? -facts.drift->bar.hi_ppm : facts.drift->bar.lo_ppm;
  if (!(slowest > 0)) return std::nullopt;
  const absl::Duration way =
      ahead ? facts.offset->hi - allowed.hi : allowed.lo - facts.offset->lo;
  return way * (1e6 / slowest);
}

class Planner {
 public:
  Planner(const PlanFacts& facts, const PlanLimits& limits, MonotonicTime now)
      : facts_(facts), limits_(limits), now_(now) {}

  Plan Make() {
    if (IsRight()) return std::move(plan_);
    ChooseWay();
    plan_.otherwise = plan_.way;
    plan_.objections = ObjectionsOf(facts_, limits_,
                                    plan_.way == PlanWay::kQuiescedStep, now_);
    if (plan_.way == PlanWay::kDelegate) {
      // Somebody else's work needs no agent of ours.
      plan_.objections.erase(
          std::remove_if(plan_.objections.begin(), plan_.objections.end(),
                         [](const Objection& objection) {
                           return objection.rail == Rail::kAgent ||
                                  objection.rail == Rail::kSamples;
                         }),
          plan_.objections.end());
    }
    if (!plan_.objections.empty()) plan_.way = PlanWay::kRefuse;
    if (plan_.amount != absl::ZeroDuration()) Warn();
    return std::move(plan_);
  }

 private:
  void Because(std::string reason) {
    plan_.reasons.push_back(std::move(reason));
  }

  // Nothing is to be done, or nothing can be said.
  bool IsRight() {
    if (!facts_.offset.has_value()) {
      plan_.otherwise = PlanWay::kRefuse;
      Because("Its clock was never measured.");
      plan_.objections = ObjectionsOf(facts_, limits_, false, now_);
      return true;
    }
    const Interval allowed = Allowed(facts_.policy);
    const bool judged = facts_.verdict != Verdict::kUnknown &&
                        facts_.verdict != Verdict::kSuspended;
    if (judged && facts_.offset->Within(allowed)) {
      plan_.way = plan_.otherwise = PlanWay::kLeave;
      Because(absl::StrCat(WhereItIs(facts_), ", within the ±",
                           LengthOf(facts_.policy.thresholds.warning),
                           " that are allowed."));
      for (const Finding& finding : facts_.findings) {
        if (finding.code != FindingCode::kReadGlitch) continue;
        Because(
            "Single wrong readings were seen; the clock was right between "
            "them, so it is never set by one.");
        break;
      }
      return true;
    }
    if (facts_.offset
            ->WidenedBy(facts_.host.bound.value_or(absl::ZeroDuration()))
            .Meets(allowed)) {
      Because(absl::StrCat(WhereItIs(facts_),
                           ", which does not prove that it is outside of the ±",
                           LengthOf(facts_.policy.thresholds.warning),
                           " that are allowed."));
      plan_.objections = ObjectionsOf(facts_, limits_, false, now_);
      const bool told =
          std::any_of(plan_.objections.begin(), plan_.objections.end(),
                      [](const Objection& objection) {
                        return objection.rail == Rail::kUncertain ||
                               objection.rail == Rail::kSuspended ||
                               objection.rail == Rail::kNoData ||
                               objection.rail == Rail::kHostUnproven;
                      });
      if (!told) {
        plan_.objections.insert(
            plan_.objections.begin(),
            {Rail::kUncertain,
             "The measurement does not prove that the clock is wrong.",
             "Wait for measurements that prove more."});
      }
      return true;
    }
    return false;
  }

  void ChooseWay() {
    const Interval way =
        Interval::Exactly(facts_.policy.intended_offset) - *facts_.offset;
    plan_.amount = way.Middle();
    const bool back = plan_.amount < absl::ZeroDuration();
    const absl::Duration most =
        std::max(absl::AbsDuration(way.lo), absl::AbsDuration(way.hi));
    Because(absl::StrCat(WhereItIs(facts_), ", outside of the ±",
                         LengthOf(facts_.policy.thresholds.warning),
                         " that are allowed; ", facts_.agreement.count(),
                         " measurements over ",
                         FormatAge(facts_.agreement.span()), " agree."));
    if (Delegated(most)) return;
    back ? Backward(most) : Forward(most);
  }

  // The guest's own daemon is at it, or will be.
  bool Delegated(absl::Duration most) {
    const std::string daemon = RunningDaemon(facts_);
    if (daemon.empty()) return false;
    const std::optional<absl::Duration> until = UntilInside(facts_);
    if (until.has_value() && *until <= kSlewPatience) {
      Delegate(absl::StrCat("The guest's own ", daemon,
                            " is slewing it, which mail does not mind; it is "
                            "inside in ",
                            FormatAge(*until), " if that goes on."));
      return true;
    }
    const absl::Duration stood = now_ - facts_.verdict_since;
    if (most <= limits_.slew_max && HasHealthyDaemon(facts_) &&
        stood < limits_.daemon_patience) {
      Delegate(absl::StrCat("So little is slewed away by the guest's own ",
                            daemon, ", which is synchronised; it has had ",
                            FormatAge(stood), ", and is left ",
                            LengthOf(limits_.daemon_patience), "."));
      return true;
    }
    return false;
  }

  void Delegate(std::string reason) {
    plan_.way = PlanWay::kDelegate;
    plan_.amount = absl::ZeroDuration();
    Because(std::move(reason));
  }

  void Backward(absl::Duration most) {
    const std::string daemon = RunningDaemon(facts_);
    if (most <= limits_.slew_max && daemon.empty()) {
      plan_.way = PlanWay::kSlew;
      Because(absl::StrCat(
          "That is slewed away at 500 ppm, in ",
          FormatAge(absl::AbsDuration(plan_.amount) * 2000),
          ", and no time daemon runs that it would get in the way of."));
      return;
    }
    Because(most <= limits_.slew_max
                ? absl::StrCat("The clock has to go back, and nothing may be "
                               "slewed beside ",
                               daemon,
                               ", which runs and does not mend it: mail rests "
                               "while the clock is set once.")
                : absl::StrCat("The clock has to go back by more than the ",
                               LengthOf(limits_.slew_max),
                               " that are slewed: mail rests while it is set "
                               "once."));
    const bool holds =
        most <= limits_.hold_max && most + absl::Seconds(30) <= limits_.lease;
    Quiesce(holds ? most : absl::ZeroDuration());
    if (holds) {
      Because(absl::StrCat("Mail then rests for ",
                           LengthOf(absl::Ceil(most, absl::Milliseconds(1))),
                           " more, so that no time is shown twice."));
    }
  }

  void Forward(absl::Duration most) {
    if (most <= limits_.forward_unquiesced) {
      plan_.way = PlanWay::kStep;
      Because(absl::StrCat("The clock has to go forward by no more than ",
                           LengthOf(most <= limits_.forward_at_once
                                        ? limits_.forward_at_once
                                        : limits_.forward_unquiesced),
                           ", which mail bears: it is set at once."));
      if (most > limits_.forward_at_once) {
        Warning(
            "A jump forward by more than 10 s is told in mail's logs, and "
            "whatever falls due meanwhile comes at once.");
      }
      return;
    }
    Because(absl::StrCat("The clock has to go forward by more than ",
                         LengthOf(limits_.forward_unquiesced),
                         ", at which locks in use look stale and sessions end: "
                         "mail rests while it is set."));
    Quiesce(absl::ZeroDuration());
  }

  void Quiesce(absl::Duration hold) {
    plan_.way = PlanWay::kQuiescedStep;
    if (facts_.services.has_value()) {
      plan_.cost = CostOfRest(*facts_.services, limits_.lease, hold);
    }
  }

  void Warning(std::string warning) {
    plan_.warnings.push_back(std::move(warning));
  }

  void Warn() {
    WarnOfCause();
    if (facts_.declared) {
      Warning(
          "The host's clock is declared right by configuration, not proven: "
          "the guest will be as right as the host is.");
    }
    const std::string daemon = RunningDaemon(facts_);
    if (!daemon.empty()) {
      Warning(HasHealthyDaemon(facts_)
                  ? absl::StrCat(daemon,
                                 " claims to be synchronised and has not seen "
                                 "this yet; mail starts only when it agrees "
                                 "with the new time.")
                  : absl::StrCat(daemon,
                                 " runs and is not synchronised: see to its "
                                 "sources, or the clock will run off again."));
    } else if (facts_.services.has_value()) {
      Warning(
          "The guest lists no time daemon that runs: nothing keeps its clock "
          "right afterwards.");
    }
    WarnOfDrift();
    for (const SideEffect& effect : EffectsOfBeingAhead(-plan_.amount)) {
      Warning(absl::StrCat(std::string(effect.who), " ",
                           std::string(effect.what),
                           ": don't leave it like this for long."));
    }
    if (plan_.otherwise == PlanWay::kSlew) return;
    for (const SideEffect& effect : SideEffectsOf(plan_.amount)) {
      plan_.side_effects.push_back(absl::StrCat(std::string(effect.who), ": ",
                                                std::string(effect.what), "."));
    }
  }

  // What made it wrong is not mended by setting it.
  void WarnOfCause() {
    for (const Finding& finding : facts_.findings) {
      if (!finding.active || finding.severity == Severity::kInfo) continue;
      Warning(absl::StrCat("The cause, ", std::string(CodeName(finding.code)),
                           ", stays: noonmark explain GUEST tells what to do "
                           "about it."));
      return;
    }
  }

  // It will be outside again.
  void WarnOfDrift() {
    if (!facts_.drift.has_value()) return;
    const double least =
        std::max({facts_.drift->bar.lo_ppm, -facts_.drift->bar.hi_ppm, 0.0});
    if (!(least > kRunsOffPpm)) return;
    const double ppm = std::fabs(facts_.drift->ppm);
    Warning(absl::StrFormat(
        "Its clock runs off by %.0f ppm, which no step mends: it will be "
        "outside again after about %s.",
        facts_.drift->ppm,
        FormatAge(facts_.policy.thresholds.warning * (1e6 / ppm))));
  }

  const PlanFacts& facts_;
  const PlanLimits& limits_;
  const MonotonicTime now_;
  Plan plan_;
};

}  // namespace

std::string_view PlanWayName(PlanWay way) {
  switch (way) {
    case PlanWay::kLeave:
      return "leave";
    case PlanWay::kDelegate:
      return "delegate";
    case PlanWay::kStep:
      return "step";
    case PlanWay::kSlew:
      return "slew";
    case PlanWay::kQuiescedStep:
      return "quiesced-step";
    case PlanWay::kRefuse:
      return "refuse";
  }
  return "";
}

Plan MakePlan(const PlanFacts& facts, const PlanLimits& limits,
              MonotonicTime now) {
  return Planner(facts, limits, now).Make();
}

}  // namespace noonmark
