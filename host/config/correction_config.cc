#include "host/config/correction_config.h"

#include <string_view>
#include <vector>

#include "absl/algorithm/container.h"
#include "common/correct/limits.h"

namespace noonmark {
namespace {

constexpr size_t kMostWindows = 16;

CorrectionMode ReadMode(ConfigTable& table) {
  const std::string mode =
      table.OneOf("mode", "observe", {"observe", "advise", "correct"});
  if (mode == "advise") return CorrectionMode::kAdvise;
  return mode == "correct" ? CorrectionMode::kCorrect
                           : CorrectionMode::kObserve;
}

std::vector<Window> ReadWindows(ConfigTable& table) {
  std::vector<Window> windows;
  for (const std::string& text : table.Strings("windows", kMostWindows)) {
    absl::StatusOr<Window> window = ParseWindow(text);
    if (window.ok()) {
      windows.push_back(*window);
    } else {
      table.Fault("windows", std::string(window.status().message()));
    }
  }
  return windows;
}

}  // namespace

CorrectionOverride ReadCorrectionOverride(ConfigTable correct, bool in_group) {
  const CorrectionLimits most;
  const PlanLimits usual;
  const std::vector<std::string> keys = correct.Keys();
  const auto given = [&keys](std::string_view key) {
    return absl::c_linear_search(keys, key);
  };
  CorrectionOverride other;
  // mode: "observe": noonmark touches nothing; "advise": it corrects what an
  // operator orders (noonmark correct); "correct": and by itself.
  const CorrectionMode mode = ReadMode(correct);
  if (given("mode")) other.mode = mode;
  // windows: when it may correct by itself, in UTC: ["01:00-05:00",
  // "Sat,Sun 22:00-06:00"], at most 16; none: at any time. An operator's order
  // is not bound to them.
  std::vector<Window> windows = ReadWindows(correct);
  if (given("windows")) other.windows = std::move(windows);
  // cap: an offset beyond it is never corrected; 1s to 24h.
  const absl::Duration cap =
      correct.Duration("cap", usual.cap, absl::Seconds(1), most.amount_cap);
  if (given("cap")) other.cap = cap;
  // slew_max: back by at most so much is slewed at 500 ppm, with mail up; a
  // larger way back brings mail to rest; 1ms to 450ms.
  const absl::Duration slew_max = correct.Duration(
      "slew_max", usual.slew_max, absl::Milliseconds(1), most.slew_cap);
  if (given("slew_max")) other.slew_max = slew_max;
  // lease: services rest for at most so long, then the guest starts them by
  // itself, whatever happened; 30s to 10m.
  const absl::Duration lease =
      correct.Duration("lease", usual.lease, absl::Seconds(30), most.lease_cap);
  if (given("lease")) other.lease = lease;
  // hold_max: after a step back by at most so much mail goes on resting until
  // the highest time that was shown is over, so that no time is shown twice;
  // needs a lease that is longer by 30s. 0s (never) to 3m.
  const absl::Duration hold_max = correct.Duration(
      "hold_max", usual.hold_max, absl::ZeroDuration(), most.hold_cap);
  if (given("hold_max")) other.hold_max = hold_max;
  if (in_group) {
    // slots: so many guests of the group may rest at a time; 1 to 100.
    const auto slots = static_cast<int>(
        correct.Integer("slots", GuestRails().group_slots, 1, 100));
    if (given("slots")) other.slots = slots;
  }
  return other;
}

CorrectionConfig ReadCorrection(ConfigTable correct) {
  CorrectionConfig config;
  // What is given here holds for all guests and groups that say nothing else.
  ReadCorrectionOverride(correct, /*in_group=*/true)
      .ApplyTo(config.policies.usual);

  const CorrectionLimits most;
  RailLimits& rails = config.rails;
  // pause: between the beginnings of two corrections of a guest; 10m to 24h.
  rails.budget_short = correct.Duration(
      "pause", rails.budget_short, most.rate_window_short, absl::Hours(24));
  // per_day: corrections of a guest within 24 h, then it is held until an
  // operator releases it; 1 to 3.
  rails.budget_most = static_cast<int>(
      correct.Integer("per_day", rails.budget_most, 1, most.rate_most_long));
  // fleet_percent: of this host's guests may rest at a time, at least one; 1 to
  // 100.
  rails.fleet_percent = static_cast<int>(
      correct.Integer("fleet_percent", rails.fleet_percent, 1, 100));
  // failed_resumes: services that did not come back, after which the breaker
  // opens: no correction on this host until an operator closes it; 1 to 10.
  rails.failed_resumes = static_cast<int>(
      correct.Integer("failed_resumes", rails.failed_resumes, 1, 10));
  // flagged_percent: it also opens when more of the judged guests, of 5 or
  // more, went wrong within 10 min; 1 to 100 (never).
  rails.flagged_percent = static_cast<int>(
      correct.Integer("flagged_percent", rails.flagged_percent, 1, 100));
  // state: a folder for what must outlive noonmarkd: the journal of operations,
  // the guests that are held, and the file "off": while there is one, nothing
  // is corrected on this host.
  config.state = correct.String("state", "/var/lib/noonmark");
  if (config.state.empty() || config.state[0] != '/') {
    correct.Fault("state", "must be an absolute path");
  }
  return config;
}

}  // namespace noonmark
