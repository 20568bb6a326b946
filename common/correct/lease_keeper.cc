#include "common/correct/lease_keeper.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "common/correct/open_operation.h"

namespace noonmark {
namespace {

// From the first try at a service that does not start to the second, and from
// the second to the third, which is the last.
constexpr absl::Duration kPauses[] = {absl::Seconds(5), absl::Seconds(15)};

// The last mark of the operation.
const JournalRecord* LastMark(const std::vector<JournalRecord>& marks,
                              const OperationId& operation) {
  const auto mark = std::find_if(
      marks.rbegin(), marks.rend(), [&](const JournalRecord& record) {
        return record.operation == operation &&
               std::holds_alternative<BroughtBackRecord>(record.body);
      });
  return mark == marks.rend() ? nullptr : &*mark;
}

bool MayHaveMoved(const RecordedOperation& operation) {
  return operation.move.has_value() &&
         (!operation.moved.has_value() ||
          operation.moved->fate != CorrectionFate::kNotMoved);
}

KeeperDecision BringBack(RecordedOperation operation, uint8_t attempt,
                         BootId boot, absl::Duration boottime) {
  std::stable_sort(operation.units.begin(), operation.units.end(),
                   [](const UnitRecord& a, const UnitRecord& b) {
                     return ReturnRank(a.role) < ReturnRank(b.role);
                   });
  KeeperDecision decision;
  decision.deed = KeeperDeed::kBringBack;
  for (const UnitRecord& unit : operation.units) {
    decision.units.push_back(unit.unit);
    if (unit.acts_before_start && MayHaveMoved(operation)) {
      decision.before_start.push_back(unit.profile);
    }
  }
  decision.mark.operation = operation.operation;
  decision.mark.epoch = operation.epoch;
  decision.mark.boot = boot;
  decision.mark.boottime = boottime;
  decision.mark.body = BroughtBackRecord{attempt, 0};
  return decision;
}

}  // namespace

KeeperDecision DecideLease(const std::vector<JournalRecord>& journal,
                           const std::vector<JournalRecord>& marks, BootId boot,
                           absl::Duration boottime, bool corrector_ended) {
  const std::optional<RecordedOperation> last = LastOperation(journal);
  if (!last.has_value() || last->ended.has_value() ||
      !last->intent.has_value()) {
    return {};
  }
  KeeperDecision wait;
  wait.deed = KeeperDeed::kWait;
  const bool lasts = last->boot == boot && boottime < last->intent->lease_end;
  if (lasts && !corrector_ended) return wait;

  const JournalRecord* mark = LastMark(marks, last->operation);
  if (mark == nullptr) return BringBack(*last, 1, boot, boottime);
  const BroughtBackRecord& done = std::get<BroughtBackRecord>(mark->body);
  if (done.failed == 0 || done.attempt > std::size(kPauses)) return {};
  const absl::Duration pause = kPauses[std::max(done.attempt, uint8_t{1}) - 1];
  if (mark->boot == boot && boottime < mark->boottime + pause) return wait;
  return BringBack(*last, static_cast<uint8_t>(done.attempt + 1), boot,
                   boottime);
}

}  // namespace noonmark
