#include "host/policy/rails.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/estimate/format.h"
#include "host/policy/length_text.h"

namespace noonmark {
namespace {

std::optional<Objection> ByMode(const GuestRails& rails, Initiator initiator) {
  const std::string mode(ModeName(rails.mode));
  const std::string where =
      " for it in noonmarkd.toml: [correct], [group.NAME.correct] or "
      "[guest.NAME.correct].";
  if (rails.mode == CorrectionMode::kObserve) {
    return Objection{
        Rail::kMode,
        absl::StrCat("Its mode is ", mode, ": noonmark touches nothing there."),
        absl::StrCat("Set mode = \"advise\", to correct it by "
                     "order, or \"correct\"",
                     where)};
  }
  if (rails.mode == CorrectionMode::kAdvise &&
      initiator == Initiator::kItself) {
    return Objection{Rail::kMode,
                     absl::StrCat("Its mode is ", mode,
                                  ": only an operator's order corrects it."),
                     absl::StrCat("Order it: noonmark correct GUEST. Or set "
                                  "mode = \"correct\"",
                                  where)};
  }
  return std::nullopt;
}

std::optional<Objection> ByWindow(const GuestRails& rails, Initiator initiator,
                                  absl::Time utc) {
  // An operator knows what time it is.
  if (initiator == Initiator::kOperator || rails.windows.empty()) {
    return std::nullopt;
  }
  std::vector<std::string> windows;
  for (const Window& window : rails.windows) {
    if (window.Contains(utc)) return std::nullopt;
    windows.push_back(window.Text());
  }
  return Objection{
      Rail::kWindow,
      absl::StrCat("It is ",
                   absl::FormatTime("%a %H:%M", utc, absl::UTCTimeZone()),
                   " UTC, outside of its windows."),
      absl::StrCat("Wait for ", absl::StrJoin(windows, " or "),
                   ", or order it: noonmark correct GUEST.")};
}

}  // namespace

std::string_view ModeName(CorrectionMode mode) {
  switch (mode) {
    case CorrectionMode::kObserve:
      return "observe";
    case CorrectionMode::kAdvise:
      return "advise";
    case CorrectionMode::kCorrect:
      return "correct";
  }
  return "";
}

void FleetView::Add(Verdict verdict, MonotonicTime since,
                    const std::optional<Interval>& offset,
                    absl::Duration intended, const RailLimits& limits,
                    MonotonicTime now) {
  ++guests;
  const bool off = verdict == Verdict::kWrong || verdict == Verdict::kDiffers;
  if (verdict == Verdict::kOk || off) ++judged;
  if (!off) return;
  if (now - since < limits.flagged_within) ++flagged_lately;
  if (!offset.has_value()) return;
  ++(offset->Middle() > intended ? ahead : behind);
}

std::vector<Objection> Rails::ObjectionsTo(const std::string& guest,
                                           const GuestRails& rails,
                                           Initiator initiator, bool quiesces,
                                           bool corrects, MonotonicTime now,
                                           absl::Time utc) const {
  std::vector<Objection> objections;
  const auto add = [&objections](std::optional<Objection> objection) {
    if (objection.has_value()) objections.push_back(*std::move(objection));
  };
  if (!off_.empty()) {
    add(Objection{
        Rail::kOff,
        absl::StrCat("Corrections of this host are switched off: ", off_, "."),
        "Switch them on again: noonmark release --all."});
  }
  add(ByMode(rails, initiator));
  add(ByWindow(rails, initiator, utc));
  if (!breaker_.empty()) {
    add(Objection{
        Rail::kBreaker,
        absl::StrCat("The breaker of this host is open: ", breaker_, "."),
        "Look what went wrong, then close it: noonmark release "
        "--all."});
  }
  if (corrects) add(Suspect());
  if (const std::string* why = HeldBecause(guest); why != nullptr) {
    add(Objection{Rail::kHeld, absl::StrCat("It is held: ", *why, "."),
                  "Look at the guest, then: noonmark release GUEST."});
  }
  if (open_.count(guest) != 0) {
    add(Objection{Rail::kBusy, "Another operation of it is not over.",
                  "Wait for its end, which noonmark report shows; or give it "
                  "up: noonmark resume GUEST."});
  }
  if (corrects) add(NoBudget(guest, now));
  if (quiesces) add(NoSlot(guest, rails));
  return objections;
}

std::optional<Objection> Rails::Suspect() const {
  const int alike = std::max(fleet_.ahead, fleet_.behind);
  if (fleet_.judged < limits_.least_judged || alike < limits_.suspect_least ||
      alike * 100 <= fleet_.judged * limits_.suspect_percent) {
    return std::nullopt;
  }
  return Objection{
      Rail::kSuspectHost,
      absl::StrCat(alike, " of ", fleet_.judged, " judged guests are ",
                   fleet_.ahead >= fleet_.behind ? "ahead" : "behind",
                   ": more likely the host is wrong than they are."),
      "Compare the host's clock with other sources; if it is right, set the "
      "guests by hand or one group at a time."};
}

std::optional<Objection> Rails::NoBudget(const std::string& guest,
                                         MonotonicTime now) const {
  const auto it = begun_.find(guest);
  if (it == begun_.end()) return std::nullopt;
  if (BudgetSpent(guest, now)) {
    return Objection{
        Rail::kBudget,
        absl::StrCat("It was corrected ", LongCount(guest, now),
                     " times within ", LengthOf(limits_.budget_long), "."),
        "Find out why its clock goes wrong (noonmark explain GUEST), then: "
        "noonmark release GUEST."};
  }
  const absl::Duration ago = now - it->second.back();
  if (ago >= limits_.budget_short) return std::nullopt;
  return Objection{
      Rail::kBudget,
      absl::StrCat("A correction of it began ", FormatAge(ago), " ago, and ",
                   "one is allowed in ", LengthOf(limits_.budget_short), "."),
      absl::StrCat("Wait ",
                   FormatAge(limits_.budget_short - ago + absl::Seconds(1)),
                   ".")};
}

int Rails::LongCount(const std::string& guest, MonotonicTime now) const {
  const auto it = begun_.find(guest);
  if (it == begun_.end()) return 0;
  return static_cast<int>(std::count_if(
      it->second.begin(), it->second.end(),
      [&](MonotonicTime begun) { return now - begun < limits_.budget_long; }));
}

bool Rails::BudgetSpent(const std::string& guest, MonotonicTime now) const {
  return LongCount(guest, now) >= limits_.budget_most;
}

int Rails::FleetSlots() const {
  return std::max(1, fleet_.guests * limits_.fleet_percent / 100);
}

std::optional<Objection> Rails::NoSlot(const std::string& guest,
                                       const GuestRails& rails) const {
  if (slots_.count(guest) != 0) return std::nullopt;
  const int all = static_cast<int>(slots_.size());
  const int of_group = static_cast<int>(std::count_if(
      slots_.begin(), slots_.end(),
      [&](const auto& slot) { return slot.second == rails.group; }));
  if (!rails.group.empty() && of_group >= rails.group_slots) {
    return Objection{Rail::kGroupSlots,
                     absl::StrCat(of_group, " of the group ", rails.group,
                                  " already rest", of_group == 1 ? "s" : "",
                                  ", and ", rails.group_slots, " may."),
                     "Wait for its end, which noonmark report shows."};
  }
  if (all >= FleetSlots()) {
    return Objection{
        Rail::kFleetSlots,
        absl::StrCat(all, " of the ", fleet_.guests,
                     " guests of this host already rest", all == 1 ? "s" : "",
                     ", and ", FleetSlots(), " may."),
        "Wait for its end, which noonmark report shows; or allow more: "
        "fleet_percent in [correct] of noonmarkd.toml."};
  }
  return std::nullopt;
}

bool Rails::Refused(const std::string& guest, const Objection& objection,
                    Initiator initiator, MonotonicTime now) {
  std::vector<KeptRefusal>& kept = refusals_[guest];
  const auto it =
      std::find_if(kept.begin(), kept.end(), [&](const KeptRefusal& refusal) {
        return refusal.objection.rail == objection.rail &&
               refusal.initiator == initiator;
      });
  if (it == kept.end()) {
    kept.insert(kept.begin(), {objection, initiator, now, now, 1});
    if (kept.size() > kMostKept) kept.pop_back();
    return true;
  }
  // One that an operator asked for is news each time.
  const bool news = initiator == Initiator::kOperator;
  it->objection = objection;
  it->last = now;
  ++it->times;
  std::rotate(kept.begin(), it, it + 1);
  return news;
}

std::vector<KeptRefusal> Rails::RefusalsOf(const std::string& guest) const {
  const auto it = refusals_.find(guest);
  if (it == refusals_.end()) return {};
  return it->second;
}

void Rails::Begin(const std::string& guest, bool corrects, MonotonicTime now) {
  open_[guest] = corrects;
  if (!corrects) return;
  std::vector<MonotonicTime>& begun = begun_[guest];
  begun.erase(std::remove_if(begun.begin(), begun.end(),
                             [&](MonotonicTime when) {
                               return now - when >= limits_.budget_long;
                             }),
              begun.end());
  begun.push_back(now);
}

void Rails::End(const std::string& guest) { open_.erase(guest); }

bool Rails::TakeSlot(const std::string& guest, const GuestRails& rails,
                     std::string* why) {
  if (const std::optional<Objection> full = NoSlot(guest, rails)) {
    *why = full->why;
    return false;
  }
  slots_[guest] = rails.group;
  return true;
}

void Rails::FreeSlot(const std::string& guest) { slots_.erase(guest); }

void Rails::Hold(const std::string& guest, std::string why) {
  held_[guest] = std::move(why);
}

bool Rails::Release(const std::string& guest) {
  begun_.erase(guest);
  return held_.erase(guest) != 0;
}

const std::string* Rails::HeldBecause(const std::string& guest) const {
  const auto it = held_.find(guest);
  return it == held_.end() ? nullptr : &it->second;
}

void Rails::OnFleet(const FleetView& view) {
  fleet_ = view;
  if (const std::optional<Objection> suspect = Suspect()) {
    OpenBreaker(absl::StrCat(std::max(view.ahead, view.behind), " of ",
                             view.judged,
                             " judged guests were wrong in one direction"));
  }
  if (view.judged >= limits_.least_judged &&
      view.flagged_lately * 100 > view.judged * limits_.flagged_percent) {
    OpenBreaker(absl::StrCat(view.flagged_lately, " of ", view.judged,
                             " judged guests went wrong within ",
                             LengthOf(limits_.flagged_within)));
  }
}

void Rails::OnResumeFailed(const std::string& guest_name) {
  if (++failed_resumes_ < limits_.failed_resumes) return;
  OpenBreaker(absl::StrCat("services did not come back ", failed_resumes_,
                           " times, the last of ", guest_name));
}

void Rails::OpenBreaker(std::string why) {
  if (breaker_.empty()) breaker_ = std::move(why);
}

void Rails::CloseBreaker() {
  breaker_.clear();
  failed_resumes_ = 0;
}

Rails::Memory Rails::Remember(MonotonicTime now) const {
  Memory memory{held_, {}, breaker_, failed_resumes_};
  for (const auto& [guest, begun] : begun_) {
    for (const MonotonicTime when : begun) {
      if (now - when < limits_.budget_long) memory.begun[guest].push_back(when);
    }
  }
  return memory;
}

void Rails::Recall(Memory memory) {
  held_ = std::move(memory.held);
  begun_ = std::move(memory.begun);
  for (auto& [guest, begun] : begun_) std::sort(begun.begin(), begun.end());
  breaker_ = std::move(memory.breaker);
  failed_resumes_ = memory.failed_resumes;
}

}  // namespace noonmark
