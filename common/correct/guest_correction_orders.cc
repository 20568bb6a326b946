// Orders: whose they are, whether they are obeyed, what is answered.

#include <algorithm>
#include <utility>

#include "common/correct/guest_correction.h"

namespace noonmark {
namespace {

// A survey for the status alone is no older, if somebody asks.
constexpr absl::Duration kSurveyAge = absl::Seconds(10);
// An owner that changes more often while mail rests is none.
constexpr int kMostEpochsInOperation = 16;
constexpr size_t kMostWaitingOrders = 16;

const OrderHeader* HeaderOf(const Order& order) {
  if (const auto* quiesce = std::get_if<QuiesceOrder>(&order)) {
    return &quiesce->header;
  }
  if (const auto* correct = std::get_if<CorrectOrder>(&order)) {
    return &correct->header;
  }
  if (const auto* resume = std::get_if<ResumeOrder>(&order)) {
    return &resume->header;
  }
  return nullptr;
}

}  // namespace

GuestCorrection::Acts GuestCorrection::Take(const Order& order, uint64_t token,
                                            absl::Duration boottime) {
  WatchLease(boottime);
  Admit(order, token, boottime);
  return Finish(boottime);
}

void GuestCorrection::Admit(const Order& order, uint64_t token,
                            absl::Duration boottime) {
  const OrderHeader* header = HeaderOf(order);
  if (header == nullptr) {
    if (stage_ == Stage::kIdle && survey_act_ == 0 &&
        boottime - listed_at_ >= kSurveyAge) {
      survey_act_ = Do(SurveyUnits{});
    }
    Answer(token, Refusal::kNone, boottime);
  } else if (header->operation.IsNone()) {
    Answer(token, Refusal::kOtherOperation, boottime);
  } else if (header->epoch < std::max(epoch_, epoch_wanted_)) {
    Answer(token, Refusal::kEpoch, boottime);
  } else if (epoch_act_ != 0 || header->epoch > epoch_) {
    // A new owner is remembered before anything is done for it.
    if (waiting_.size() >= kMostWaitingOrders) {
      Answer(token, Refusal::kJournal, boottime);
    } else {
      waiting_.push_back({order, token});
      RaiseEpoch(header->epoch, boottime);
    }
  } else {
    Handle(order, token, boottime);
  }
}

bool GuestCorrection::WaitsForTheLast(const Order& order) const {
  const OperationId& id = HeaderOf(order)->operation;
  return stage_ == Stage::kDisarm &&
         !std::holds_alternative<ResumeOrder>(order) && !(id == op_.id) &&
         !Remembers(id) && put_off_.size() < kMostWaitingOrders;
}

void GuestCorrection::AdmitPutOff(absl::Duration boottime) {
  if (stage_ != Stage::kIdle) return;
  std::deque<WaitingOrder> orders;
  orders.swap(put_off_);
  for (const WaitingOrder& next : orders) {
    Admit(next.order, next.token, boottime);
    Run(boottime);
  }
}

void GuestCorrection::RaiseEpoch(uint64_t epoch, absl::Duration boottime) {
  if (epoch_act_ != 0 || epoch <= epoch_) return;
  if (stage_ != Stage::kIdle &&
      epochs_in_operation_ >= kMostEpochsInOperation) {
    HandleWaiting(false, boottime);
    return;
  }
  if (stage_ != Stage::kIdle) ++epochs_in_operation_;
  epoch_wanted_ = epoch;
  JournalRecord record;
  record.operation = op_.id;
  record.epoch = epoch;
  record.boot = boot_;
  record.boottime = boottime;
  record.body = EpochRecord{begun_};
  epoch_act_ = Do(WriteRecords{{std::move(record)}});
}

void GuestCorrection::HandleWaiting(bool durable, absl::Duration boottime) {
  if (durable) epoch_ = std::max(epoch_, epoch_wanted_);
  epoch_wanted_ = 0;
  std::deque<WaitingOrder> waiting;
  waiting.swap(waiting_);
  while (!waiting.empty()) {
    WaitingOrder next = std::move(waiting.front());
    waiting.pop_front();
    const uint64_t epoch = HeaderOf(next.order)->epoch;
    if (epoch < epoch_) {
      Answer(next.token, Refusal::kEpoch, boottime);
    } else if (epoch == epoch_ ||
               std::holds_alternative<ResumeOrder>(next.order)) {
      // Mail comes back even if nothing can be written any more.
      Handle(next.order, next.token, boottime);
    } else if (!durable) {
      Answer(next.token, Refusal::kJournal, boottime);
    } else {
      waiting_.push_back(std::move(next));
    }
  }
  if (!waiting_.empty()) {
    RaiseEpoch(HeaderOf(waiting_.front().order)->epoch, boottime);
  }
}

void GuestCorrection::Handle(const Order& order, uint64_t token,
                             absl::Duration boottime) {
  if (WaitsForTheLast(order)) {
    put_off_.push_back({order, token});
    return;
  }
  Refusal refusal = Refusal::kNone;
  if (const auto* quiesce = std::get_if<QuiesceOrder>(&order)) {
    refusal = Obey(*quiesce, boottime);
  } else if (const auto* correct = std::get_if<CorrectOrder>(&order)) {
    refusal = Obey(*correct, boottime);
  } else if (const auto* resume = std::get_if<ResumeOrder>(&order)) {
    refusal = Obey(*resume, boottime);
  }
  Answer(token, refusal, boottime);
}

bool GuestCorrection::Remembers(const OperationId& id) const {
  return std::find(past_.begin(), past_.end(), id) != past_.end();
}

OrderScales GuestCorrection::Scales(absl::Duration boottime) const {
  return {config_.limits, boot_, boottime, begun_};
}

Refusal GuestCorrection::CheckBegin(const OperationId& id) const {
  if (Remembers(id)) return Refusal::kOtherOperation;
  if (stage_ != Stage::kIdle) {
    // What keeps an operation that is over from being forgotten is the disk.
    return op_.ended ? Refusal::kJournal : Refusal::kOtherOperation;
  }
  return config_.may_correct ? Refusal::kNone : Refusal::kUnconfigured;
}

void GuestCorrection::BeginOperation(const OrderHeader& header) {
  if (has_op_) past_.push_back(op_.id);
  op_ = Operation();
  has_op_ = true;
  op_.id = header.operation;
  op_.epoch = header.epoch;
}

Refusal GuestCorrection::Obey(const QuiesceOrder& order,
                              absl::Duration boottime) {
  if (has_op_ && op_.id == order.header.operation) return Refusal::kNone;
  Refusal refusal = CheckBegin(order.header.operation);
  if (refusal == Refusal::kNone) {
    refusal = CheckQuiesce(order, Scales(boottime));
  }
  if (refusal != Refusal::kNone) return refusal;

  BeginOperation(order.header);
  op_.announced = order.amount;
  SetLease(order.lease, boottime);
  Enter(Stage::kSurvey, boottime);
  return Refusal::kNone;
}

Refusal GuestCorrection::Obey(const CorrectOrder& order,
                              absl::Duration boottime) {
  if (has_op_ && op_.id == order.header.operation) {
    // Repeated, or too late.
    if (op_.correct.has_value() || op_.ended) return Refusal::kNone;
    if (stage_ != Stage::kResting) return Refusal::kNotAtRest;
    const Refusal refusal = CheckAtRest(order, op_.announced, Scales(boottime));
    if (refusal != Refusal::kNone) return refusal;
    op_.correct = order;
    op_.move_by = boottime + config_.limits.move_limit;
    Enter(Stage::kLook, boottime);
    return Refusal::kNone;
  }
  Refusal refusal = CheckBegin(order.header.operation);
  if (refusal == Refusal::kNone) {
    refusal = CheckWhileRunning(order, Scales(boottime));
  }
  if (refusal != Refusal::kNone) return refusal;

  BeginOperation(order.header);
  op_.all_rest = false;
  op_.announced = order.amount;
  op_.correct = order;
  op_.move_by = boottime + config_.limits.move_limit;
  Enter(Stage::kSurvey, boottime);
  return Refusal::kNone;
}

Refusal GuestCorrection::Obey(const ResumeOrder& order,
                              absl::Duration boottime) {
  if (!has_op_ || !(op_.id == order.header.operation) || op_.ended ||
      stage_ == Stage::kIdle) {
    return Refusal::kNone;
  }
  op_.resume_ordered = true;
  if (stage_ < Stage::kMoveIntent) TurnBack(Refusal::kNone, "", boottime);
  return Refusal::kNone;
}

OperationPhase GuestCorrection::Phase() const {
  if (!has_op_) return OperationPhase::kNone;
  if (op_.ended) return OperationPhase::kEnded;
  switch (stage_) {
    case Stage::kIdle:
      return OperationPhase::kEnded;
    case Stage::kSurvey:
    case Stage::kIntent:
    case Stage::kArm:
    case Stage::kHold:
    case Stage::kHooks:
    case Stage::kStopping:
    case Stage::kProving:
      // Mail does not rest for a correction that it can bear.
      return op_.all_rest ? OperationPhase::kQuiescing
                          : OperationPhase::kCorrecting;
    case Stage::kResting:
      return OperationPhase::kAtRest;
    case Stage::kLook:
    case Stage::kMoveIntent:
    case Stage::kMoving:
    case Stage::kSlewing:
    case Stage::kMovedRecord:
      return OperationPhase::kCorrecting;
    case Stage::kPrepare:
    case Stage::kDaemons:
    case Stage::kSettling:
      return op_.turned_back ? OperationPhase::kResuming
                             : OperationPhase::kSettling;
    case Stage::kAwaiting:
      return OperationPhase::kCorrected;
    case Stage::kHolding:
      return OperationPhase::kHolding;
    case Stage::kRecovering:
    case Stage::kEndHold:
    case Stage::kStarting:
    case Stage::kLastLook:
    case Stage::kAfterStep:
    case Stage::kResumeHooks:
    case Stage::kEnding:  // until it was written, or is known not to be
    case Stage::kDisarm:
      return OperationPhase::kResuming;
  }
  return OperationPhase::kNone;
}

OperationStatus GuestCorrection::Status(absl::Duration boottime) const {
  OperationStatus status;
  status.epoch = epoch_;
  status.boot = boot_;
  status.boottime = boottime;
  status.phase = Phase();
  if (has_op_) {
    status.operation = op_.id;
    status.detail = op_.detail;
    status.fate = op_.fate;
    status.outcome = op_.outcome;
    status.given_up = op_.given_up;
    status.moved = op_.moved;
    status.moved_by_others = op_.moved_by_others;
    status.at_rest_for = op_.at_rest_for;
    if (!op_.ended && stage_ != Stage::kIdle) {
      status.lease_end = op_.lease_end;
      if (op_.rest_since.has_value() && stage_ < Stage::kLastLook) {
        status.at_rest_for = boottime - *op_.rest_since;
      }
    }
  }
  for (const SeenUnit& unit : listed_) {
    if (status.services.size() == kMostServices) break;
    ServiceStatus service;
    service.unit = unit.unit;
    service.profile = unit.profile;
    service.role = unit.role;
    service.state = unit.state;
    service.has_socket = unit.has_socket;
    service.stopped_by_us =
        stage_ != Stage::kIdle && !op_.ended &&
        std::any_of(op_.ours.begin(), op_.ours.end(),
                    [&](const SeenUnit& our) { return our.unit == unit.unit; });
    status.services.push_back(std::move(service));
  }
  return status;
}

void GuestCorrection::Answer(uint64_t token, Refusal refusal,
                             absl::Duration boottime) {
  AnswerOrder answer;
  answer.token = token;
  answer.status = Status(boottime);
  answer.status.refusal = refusal;
  if (refusal != Refusal::kNone) {
    answer.status.detail =
        std::string(RefusalMeaning(refusal)).substr(0, kMostDetailCharacters);
  }
  Do(std::move(answer));
}

}  // namespace noonmark
