#ifndef NOONMARK_COMMON_CORRECT_OPEN_OPERATION_H_
#define NOONMARK_COMMON_CORRECT_OPEN_OPERATION_H_

#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "common/correct/journal_record.h"

namespace noonmark {

// The last operation that a guest's journal tells of, as far as it came.
struct RecordedOperation {
  OperationId operation;
  uint64_t epoch = 0;
  // Of its first record.
  BootId boot;
  absl::Duration boottime;
  // Absent: it stopped nothing.
  std::optional<IntentRecord> intent;
  std::vector<UnitRecord> units;  // that it stopped, or was about to
  // Absent: it did not come to moving the clock.
  std::optional<MoveIntentRecord> move;
  BootId move_boot;
  std::optional<MovedRecord> moved;
  // Absent: it is open, and services may be owed.
  std::optional<EndedRecord> ended;
};

// Absent: none.
std::optional<RecordedOperation> LastOperation(
    const std::vector<JournalRecord>& journal);

// In which order units come back: lower first. Time daemons, mail stores, mail
// transfer, others; they stop the other way round.
int ReturnRank(ServiceRole role);

}  // namespace noonmark

#endif  // NOONMARK_COMMON_CORRECT_OPEN_OPERATION_H_
