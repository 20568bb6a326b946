#ifndef NOONMARK_TESTS_SIMULATION_CORRECTION_CHECKER_H_
#define NOONMARK_TESTS_SIMULATION_CORRECTION_CHECKER_H_

#include <array>
#include <cstdint>
#include <map>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/correct/guest_act.h"
#include "common/correct/journal_record.h"
#include "common/correct/limits.h"
#include "common/correct/order.h"
#include "tests/simulation/agenda.h"
#include "tests/simulation/fake_units.h"

namespace noonmark::simulation {

using IdBytes = std::array<uint8_t, 16>;

// The truth about a correction, as it happens, against what may never be. Each
// breach is told by the name of its invariant.
class CorrectionChecker {
 public:
  explicit CorrectionChecker(const CorrectionLimits& limits)
      : limits_(limits) {}

  void Expect(bool holds, const std::string& invariant,
              const std::string& what);

  // --- the guest ---

  // The corrector has a unit stopped; `durable`: what its disk has.
  void OnStop(const OperationStatus& status, const FakeUnit& unit,
              const JournalContents& durable);
  // The hold begins.
  void OnHold(const OperationStatus& status);
  // Anybody of ours has a unit started.
  void OnStart(const FakeUnit& unit);
  // The clock is moved. `true_offset`: guest minus UTC afterwards.
  void OnMove(const OperationStatus& status, const MoveClock& move,
              const std::vector<FakeUnit>& units,
              const JournalContents& durable, absl::Duration true_offset);
  // A hook that was to bring something to rest did not.
  void OnHookFailed(const OperationStatus& status) {
    hook_failed_.insert(status.operation.bytes);
  }
  // An order was obeyed, or refused.
  void OnAnswer(const Order& order, const OperationStatus& answer);
  // After every event. `boottime`, `boot`: as they are.
  void OnTick(const std::vector<FakeUnit>& units, bool held, BootId boot,
              absl::Duration boottime);
  // The clock was set by somebody else: amounts that were measured before are
  // worth nothing.
  void OnSetByOthers() { set_by_others_ = true; }
  // The guest stood still and did not notice: its clock fell behind, whatever
  // was measured before.
  void OnThaw(absl::Duration boottime) { thawed_ = boottime; }
  void OnFellBehind() { set_by_others_ = fell_behind_ = true; }

  // --- the hosts ---

  void OnSend(const Order& order, bool host_proven,
              const JournalContents& durable);
  void OnSlot(const OperationId& operation, bool taken,
              const std::vector<FakeUnit>& units);
  // The last word about an operation.
  void OnOver(const OperationId& operation, bool says_corrected, bool says_not,
              bool held, absl::Duration true_offset, absl::Duration target);

  // What happens is told there, in words; null: nowhere.
  void TellTo(std::ostream* out, const Agenda* agenda) {
    out_ = out;
    agenda_ = agenda;
  }
  bool Tells() const { return out_ != nullptr; }
  void Say(const std::string& who, const std::string& what);

  const std::vector<std::string>& Breaches() const { return breaches_; }
  uint64_t Moves() const { return moves_; }
  bool HasMoved(const OperationId& operation) const {
    return moved_.count(operation.bytes) != 0;
  }

 private:
  void OnBegin(const OperationStatus& status, const JournalContents& durable);

  CorrectionLimits limits_;
  std::ostream* out_ = nullptr;
  const Agenda* agenda_ = nullptr;
  std::vector<std::string> breaches_;
  uint64_t moves_ = 0;
  std::map<IdBytes, int> moved_;
  std::set<IdBytes> slots_;
  std::set<IdBytes> begun_;
  std::set<IdBytes> hook_failed_;
  std::vector<absl::Duration> begun_at_;  // in this boot
  BootId boot_;
  uint64_t highest_epoch_ = 0;
  bool set_by_others_ = false;
  bool fell_behind_ = false;
  // Of the operation that stopped mail last.
  OperationId resting_;
  absl::Duration lease_end_;
  BootId lease_boot_;
  absl::Duration thawed_ = -absl::InfiniteDuration();
  bool told_late_ = false;
};

}  // namespace noonmark::simulation

#endif  // NOONMARK_TESTS_SIMULATION_CORRECTION_CHECKER_H_
