#ifndef NOONMARK_HOST_POLICY_RAILS_H_
#define NOONMARK_HOST_POLICY_RAILS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "common/detect/verdict.h"
#include "common/estimate/interval.h"
#include "common/time/monotonic_time.h"
#include "host/policy/rail.h"
#include "host/policy/window.h"

namespace noonmark {

// What noonmark may do about a guest.
enum class CorrectionMode : uint8_t {
  kObserve,  // nothing
  kAdvise,   // what an operator orders
  kCorrect,  // and by itself
};

// "observe", "advise", "correct".
std::string_view ModeName(CorrectionMode mode);

// Of one guest; configuration.
struct GuestRails {
  CorrectionMode mode = CorrectionMode::kObserve;
  // Guests of one that must not rest together; empty: none.
  std::string group;
  // How many of the group may rest at a time.
  int group_slots = 1;
  // When noonmark may correct by itself; empty: at any time.
  std::vector<Window> windows;
};

// Of the host; configuration.
struct RailLimits {
  // Of a guest: corrections begin once in the short one, and so often in the
  // long one.
  absl::Duration budget_short = absl::Minutes(10);
  absl::Duration budget_long = absl::Hours(24);
  int budget_most = 3;
  // So many of the host's guests rest at a time; at least one.
  int fleet_percent = 5;
  // The breaker opens after so many services that did not come back, or when
  // more than so many of the judged guests went wrong within that.
  int failed_resumes = 2;
  int flagged_percent = 20;
  absl::Duration flagged_within = absl::Minutes(10);
  // The host is suspected when more than so many of the judged guests, and at
  // least so many, are wrong in one direction.
  int suspect_percent = 50;
  int suspect_least = 3;
  // Below it there are too few to tell anything by their number.
  int least_judged = 5;
};

// How the guests of a host stand together.
struct FleetView {
  int guests = 0;
  int judged = 0;
  int flagged_lately = 0;
  int ahead = 0;   // wrong, or differing, and ahead of where it should be
  int behind = 0;  // and behind

  void Add(Verdict verdict, MonotonicTime since,
           const std::optional<Interval>& offset, absl::Duration intended,
           const RailLimits& limits, MonotonicTime now);
  friend bool operator==(const FleetView& a, const FleetView& b) = default;
};

// Who wants it.
enum class Initiator : uint8_t { kOperator, kItself };

// What a refusal was, kept for a person.
struct KeptRefusal {
  Objection objection;
  Initiator initiator = Initiator::kItself;
  MonotonicTime first;
  MonotonicTime last;
  uint32_t times = 1;
};

// Who may do what, when: modes, windows, budgets, slots, the breaker, the off
// switch, and guests that are held. Guests are named by their UUIDs.
//
// Pure: events and times go in. One for each noonmarkd; see Memory for what
// outlives it.
class Rails {
 public:
  explicit Rails(const RailLimits& limits) : limits_(limits) {}

  // What speaks against bringing this guest to rest (`quiesces`), or correcting
  // its clock (`corrects`), or both. Empty: nothing. `utc`: the host's time,
  // for windows.
  std::vector<Objection> ObjectionsTo(const std::string& guest,
                                      const GuestRails& rails,
                                      Initiator initiator, bool quiesces,
                                      bool corrects, MonotonicTime now,
                                      absl::Time utc) const;

  // It was refused: kept. True: it was not, the time before, or not by this
  // rail: worth a line in the log.
  bool Refused(const std::string& guest, const Objection& objection,
               Initiator initiator, MonotonicTime now);
  // The newest first; at most kMostKept.
  std::vector<KeptRefusal> RefusalsOf(const std::string& guest) const;

  // An operation of the guest begins; it counts against the budget if it
  // corrects. Over when End() is told.
  void Begin(const std::string& guest, bool corrects, MonotonicTime now);
  void End(const std::string& guest);
  // It is to rest, or may: false, and `why`, where no slot is free. Taking it
  // twice takes it once. A slot is held until it is freed, whatever ended.
  bool TakeSlot(const std::string& guest, const GuestRails& rails,
                std::string* why);
  void FreeSlot(const std::string& guest);
  // It rests already, whatever the limits say: from before a restart.
  void KeepSlot(const std::string& guest, const std::string& group) {
    slots_[guest] = group;
  }

  // No correction of the guest until it is released; `why` is for people.
  void Hold(const std::string& guest, std::string why);
  // Also forgets its budget: whoever releases it has looked. False: it was not
  // held.
  bool Release(const std::string& guest);
  // Null: it is not.
  const std::string* HeldBecause(const std::string& guest) const;
  // It was corrected as often as it may be within the long time: whoever wants
  // it corrected again holds it.
  bool BudgetSpent(const std::string& guest, MonotonicTime now) const;

  // Empty: not switched off.
  void SwitchOff(std::string why) { off_ = std::move(why); }
  const std::string& off() const { return off_; }

  // The guests as they stand, at each change and at intervals.
  void OnFleet(const FleetView& view);
  // A service did not come back.
  void OnResumeFailed(const std::string& guest_name);
  // Some invariant does not hold; for people.
  void OpenBreaker(std::string why);
  void CloseBreaker();
  // Empty: closed.
  const std::string& breaker() const { return breaker_; }

  // A guest is no longer there: what was kept of its refusals goes. A hold and
  // a budget stay, since it may come back.
  void Forget(const std::string& guest) { refusals_.erase(guest); }

  // What outlives noonmarkd.
  struct Memory {
    std::map<std::string, std::string> held;
    std::map<std::string, std::vector<MonotonicTime>> begun;
    std::string breaker;
    int failed_resumes = 0;
  };
  Memory Remember(MonotonicTime now) const;
  void Recall(Memory memory);

  static constexpr size_t kMostKept = 8;

 private:
  int LongCount(const std::string& guest, MonotonicTime now) const;
  int FleetSlots() const;
  std::optional<Objection> NoSlot(const std::string& guest,
                                  const GuestRails& rails) const;
  std::optional<Objection> NoBudget(const std::string& guest,
                                    MonotonicTime now) const;
  std::optional<Objection> Suspect() const;

  RailLimits limits_;
  FleetView fleet_;
  std::string off_;
  std::string breaker_;
  int failed_resumes_ = 0;
  std::map<std::string, std::string> held_;
  std::map<std::string, std::vector<MonotonicTime>> begun_;
  std::map<std::string, std::string> slots_;  // its group
  std::map<std::string, bool> open_;
  std::map<std::string, std::vector<KeptRefusal>> refusals_;
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_POLICY_RAILS_H_
