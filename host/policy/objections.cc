#include "host/policy/objections.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "common/estimate/format.h"
#include "host/policy/length_text.h"

namespace noonmark {
namespace {

// STA_UNSYNC of <linux/timex.h>.
constexpr uint32_t kUnsynchronised = 0x0040;
// A single wrong reading says this much of the next.
constexpr absl::Duration kGlitchLasts = absl::Minutes(1);
// Smearing and inserting differ by up to a second around a leap.
constexpr absl::Duration kLeapWindow = absl::Hours(24);
constexpr absl::Duration kLeapSize = absl::Milliseconds(1100);
// What a clock of today's computers can show: 2000 to 2200.
constexpr absl::Duration kEarliest = absl::Seconds(946'684'800);
constexpr absl::Duration kLatest = absl::Seconds(7'258'118'400);
// The host is a mark where it is known four times as well as is allowed.
constexpr int kHostShare = 4;

const Finding* Active(const PlanFacts& facts, FindingCode code) {
  for (const Finding& finding : facts.findings) {
    if (finding.code == code && finding.active) return &finding;
  }
  return nullptr;
}

const Finding* Latest(const PlanFacts& facts, FindingCode code) {
  const Finding* latest = nullptr;
  for (const Finding& finding : facts.findings) {
    if (finding.code != code) continue;
    if (latest == nullptr || finding.last_seen > latest->last_seen) {
      latest = &finding;
    }
  }
  return latest;
}

class Collector {
 public:
  Collector(const PlanFacts& facts, const PlanLimits& limits, MonotonicTime now)
      : facts_(facts), limits_(limits), now_(now) {}

  std::vector<Objection> All(bool quiesces) {
    Standing();
    Host();
    Clock();
    Size();
    Daemons();
    Guest(quiesces);
    return std::move(objections_);
  }

 private:
  void Object(Rail rail, std::string why, std::string remedy) {
    objections_.push_back({rail, std::move(why), std::move(remedy)});
  }

  // The verdict, and what it rests on.
  void Standing() {
    const std::string reason =
        facts_.reason.empty() ? "" : absl::StrCat(" (", facts_.reason, ")");
    if (facts_.verdict == Verdict::kSuspended) {
      Object(Rail::kSuspended,
             absl::StrCat("There is no judging of this guest now", reason, "."),
             "Wait until it is judged again; noonmark report shows it.");
      return;
    }
    if (!facts_.offset.has_value() || facts_.verdict == Verdict::kUnknown) {
      Object(Rail::kNoData,
             absl::StrCat("Nothing usable is known of its clock", reason, "."),
             "See to its agent: noonmark explain GUEST tells what is missing.");
      return;
    }
    if (facts_.verdict != Verdict::kWrong &&
        facts_.verdict != Verdict::kDiffers) {
      Object(
          Rail::kUncertain,
          absl::StrCat("Its verdict is ",
                       std::string(VerdictName(facts_.verdict)), reason, "."),
          "Wait for measurements that prove more; a quieter machine or "
          "network makes their bounds narrower.");
    }
    const Agreement& seen = facts_.agreement;
    if (seen.count() < limits_.samples || seen.span() < limits_.samples_over) {
      Object(Rail::kSamples,
             absl::StrCat("Only ", seen.count(), " measurement",
                          seen.count() == 1 ? "" : "s", " over ",
                          FormatAge(seen.span()), " agree, and ",
                          limits_.samples, " over ",
                          LengthOf(limits_.samples_over), " are needed."),
             "Wait; a clock that goes on moving never gets there.");
    }
    Unpaused();
  }

  void Unpaused() {
    std::optional<MonotonicTime> since = facts_.unpaused;
    const char* what = "The guest began to run again ";
    for (const FindingCode code :
         {FindingCode::kStoodStill, FindingCode::kCaughtUp,
          FindingCode::kRebooted}) {
      const Finding* finding = Latest(facts_, code);
      if (finding == nullptr || finding->last_seen <= since) continue;
      since = finding->last_seen;
      what = code == FindingCode::kRebooted ? "The guest was rebooted "
                                            : "The guest stood still until ";
    }
    if (!since.has_value() || now_ - *since >= limits_.after_unpause) return;
    Object(Rail::kUnpaused,
           absl::StrCat(what, FormatAge(now_ - *since), " ago."),
           absl::StrCat("Wait ",
                        FormatAge(limits_.after_unpause - (now_ - *since)),
                        ": it may still be catching up by itself."));
  }

  void Host() {
    if (facts_.host.stepped) {
      Object(Rail::kHostStepped, "The host's own clock was set a moment ago.",
             "Wait until the host is proven again, or 5 min have passed.");
    }
    const absl::Duration allowed =
        facts_.policy.thresholds.warning / kHostShare;
    if (!facts_.host.bound.has_value()) {
      Object(Rail::kHostUnproven,
             "Nothing proves the clock of the host itself.",
             "Let chronyd or ntpd synchronise the host; or declare it right, "
             "if you know that it is: [host] trust = \"declared\" in "
             "noonmarkd.toml.");
    } else if (*facts_.host.bound > allowed) {
      Object(Rail::kHostUnproven,
             absl::StrCat("The host itself may be off by ",
                          FormatSeconds(*facts_.host.bound),
                          ", more than a quarter of the ±",
                          LengthOf(facts_.policy.thresholds.warning),
                          " that the guest is allowed."),
             "Let the host be synchronised better (noonmark explain GUEST "
             "shows by what it is), or allow the guest more: warning in "
             "noonmarkd.toml.");
    }
    const absl::Duration target =
        facts_.host_realtime + facts_.policy.intended_offset;
    if (target < kEarliest || target > kLatest) {
      Object(Rail::kRange,
             absl::StrCat("The guest would be set to ",
                          FormatMoment(absl::UnixEpoch() + target),
                          ", before 2000 or after 2200."),
             "Set the host's clock right first.");
    }
  }

  void Clock() {
    const Finding* glitch = Latest(facts_, FindingCode::kReadGlitch);
    if (glitch != nullptr && now_ - glitch->last_seen < kGlitchLasts) {
      Object(
          Rail::kGlitch,
          absl::StrCat(
              "Its clock gave a single wrong reading ",
              FormatAge(now_ - glitch->last_seen), " ago",
              glitch->size.has_value()
                  ? absl::StrCat(" (off by ",
                                 FormatSeconds(glitch->size->Middle()), ")")
                  : "",
              "."),
          absl::StrCat("Wait until there was none for ", LengthOf(kGlitchLasts),
                       "; the card tells the cure: noonmark explain --code "
                       "read-glitch."));
    }
    if (Active(facts_, FindingCode::kVcpuDisagreement) != nullptr) {
      Object(Rail::kVcpus, "The counters of its processors disagree.",
             "Give the guest another clocksource or machine first: noonmark "
             "explain --code vcpu-disagreement.");
    }
    if (Active(facts_, FindingCode::kTwoMasters) != nullptr) {
      Object(Rail::kTwoMasters, "Two masters move its clock to and fro.",
             "Stop one of them: noonmark explain --code two-masters.");
    }
    const Finding* leap = Latest(facts_, FindingCode::kLeapSecond);
    if (leap != nullptr && facts_.offset.has_value() &&
        now_ - leap->last_seen < kLeapWindow &&
        Interval{-kLeapSize, kLeapSize}.Meets(*facts_.offset)) {
      Object(Rail::kLeapSecond,
             absl::StrCat("A leap second was seen ",
                          FormatAge(now_ - leap->last_seen),
                          " ago, and explains an offset of up to 1 s."),
             "Wait a day; let host and guests treat leap seconds alike.");
    }
  }

  void Size() {
    if (!facts_.offset.has_value()) return;
    const Interval off =
        *facts_.offset - Interval::Exactly(facts_.policy.intended_offset);
    const absl::Duration most =
        std::max(absl::AbsDuration(off.lo), absl::AbsDuration(off.hi));
    if (most <= limits_.cap) return;
    Object(Rail::kCap,
           absl::StrCat("It is off by up to ",
                        FormatSeconds(off.hi == most ? most : -most),
                        ", and beyond ", LengthOf(limits_.cap),
                        " noonmark corrects nothing."),
           "Look at the guest; set its clock by hand with mail stopped, then "
           "start its services.");
  }

  // The guest's sources, once its daemon has had the time to see and to mend
  // it, say otherwise than the host.
  void Daemons() {
    if (!facts_.offset.has_value() || !HasHealthyDaemon(facts_) ||
        facts_.policy.intended_offset != absl::ZeroDuration() ||
        now_ - facts_.verdict_since < limits_.daemon_patience) {
      return;
    }
    const absl::Duration claimed = facts_.discipline->max_error;
    const absl::Duration host =
        facts_.host.bound.value_or(absl::ZeroDuration());
    if (facts_.offset->LeastMagnitude() - claimed - host <=
        facts_.policy.thresholds.warning) {
      return;
    }
    Object(Rail::kDisputed,
           absl::StrCat(RunningDaemon(facts_), " has had ",
                        FormatAge(now_ - facts_.verdict_since),
                        " and still claims that the guest is right to within ",
                        FormatSeconds(claimed), "."),
           "Compare the guest's time sources with the host's: one of them is "
           "wrong, or the daemon is stuck.");
  }

  void Guest(bool quiesces) {
    if (!facts_.services.has_value()) {
      Object(Rail::kAgent,
             absl::StrCat("Its agent takes no orders",
                          facts_.takes_no_orders.empty()
                              ? ""
                              : absl::StrCat(": ", facts_.takes_no_orders),
                          "."),
             "Let noonmark-corrector run beside its agent, and connect by the "
             "agent's unix socket.");
      return;
    }
    if (quiesces && facts_.services->empty()) {
      Object(Rail::kServices,
             "The guest lists no services that could be brought to rest.",
             "Name its mail services in the guest's agent.toml.");
    }
  }

  const PlanFacts& facts_;
  const PlanLimits& limits_;
  const MonotonicTime now_;
  std::vector<Objection> objections_;
};

}  // namespace

std::vector<Objection> ObjectionsOf(const PlanFacts& facts,
                                    const PlanLimits& limits, bool quiesces,
                                    MonotonicTime now) {
  return Collector(facts, limits, now).All(quiesces);
}

std::string RunningDaemon(const PlanFacts& facts) {
  if (!facts.services.has_value()) return "";
  for (const ServiceStatus& service : *facts.services) {
    if (service.role == ServiceRole::kTimeDaemon &&
        service.state == ServiceState::kActive) {
      return service.unit;
    }
  }
  return "";
}

bool HasHealthyDaemon(const PlanFacts& facts) {
  return facts.discipline.has_value() &&
         (facts.discipline->status & kUnsynchronised) == 0 &&
         !RunningDaemon(facts).empty();
}

}  // namespace noonmark
