#include "common/correct/open_operation.h"

#include <type_traits>
#include <utility>

namespace noonmark {

std::optional<RecordedOperation> LastOperation(
    const std::vector<JournalRecord>& journal) {
  std::optional<RecordedOperation> last;
  std::vector<UnitRecord> units;  // whose intent is next
  for (const JournalRecord& record : journal) {
    // The units, the intent and the move of an operation begin it.
    const auto its = [&]() -> RecordedOperation& {
      if (!last.has_value() || !(last->operation == record.operation)) {
        last.emplace();
        last->operation = record.operation;
        last->epoch = record.epoch;
        last->boot = record.boot;
        last->boottime = record.boottime;
      }
      return *last;
    };
    if (const auto* unit = std::get_if<UnitRecord>(&record.body)) {
      units.push_back(*unit);
    } else if (const auto* intent = std::get_if<IntentRecord>(&record.body)) {
      its().intent = *intent;
      its().units = std::exchange(units, {});
    } else if (const auto* move = std::get_if<MoveIntentRecord>(&record.body)) {
      its().move = *move;
      its().move_boot = record.boot;
    } else if (const auto* moved = std::get_if<MovedRecord>(&record.body)) {
      its().moved = *moved;
    } else if (const auto* ended = std::get_if<EndedRecord>(&record.body)) {
      its().ended = *ended;
    }
  }
  return last;
}

int ReturnRank(ServiceRole role) {
  switch (role) {
    case ServiceRole::kTimeDaemon:
      return 0;
    case ServiceRole::kMailStore:
      return 1;
    case ServiceRole::kMailTransfer:
      return 2;
    case ServiceRole::kOther:
      return 3;
  }
  return 3;
}

}  // namespace noonmark
