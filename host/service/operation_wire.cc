#include "host/service/operation_wire.h"

#include <algorithm>
#include <string>

#include "common/rpc/order_wire.h"
#include "host/service/report.h"

namespace noonmark {
namespace {

void FillOffset(const Interval& from_intended, absl::Duration intended,
                v1::OffsetInterval& out) {
  FillInterval(from_intended + Interval::Exactly(intended), out);
}

}  // namespace

void FillOperation(const OperationView& operation, absl::Duration intended,
                   const ClockReading& now, v1::Operation& out) {
  const HostPlan& plan = operation.plan;
  const HostProgress& progress = operation.progress;
  out.set_id(OperationIdText(plan.operation));
  out.set_by_order(operation.initiator == Initiator::kOperator);
  out.set_corrects(plan.corrects);
  out.set_quiesces(plan.quiesces);
  if (plan.corrects) {
    out.set_method(plan.method == CorrectionMethod::kSlew
                       ? v1::CORRECTION_METHOD_SLEW
                       : v1::CORRECTION_METHOD_STEP);
    FillOffset(plan.offset, intended, *out.mutable_before());
  }
  out.set_phase(std::string(HostPhaseName(progress.phase)));
  out.set_words(progress.words);
  out.set_over(operation.over);
  out.set_result(std::string(HostResultName(progress.result)));
  out.set_reason(std::string(HostReasonName(progress.reason)));
  if (progress.refusal != Refusal::kNone) {
    out.set_refusal(std::string(RefusalName(progress.refusal)));
    out.set_refusal_meaning(std::string(RefusalMeaning(progress.refusal)));
  }
  out.set_held(progress.held);
  if (progress.measured_after) {
    FillOffset(progress.offset_after, intended, *out.mutable_after());
  }
  out.set_fate(std::string(FateName(progress.fate)));
  FillDuration(progress.moved, *out.mutable_moved());
  FillDuration(progress.mail_at_rest_for, *out.mutable_mail_at_rest());
  FillMoment(operation.begun, now, *out.mutable_begun());
  const MonotonicTime until = operation.over
                                  ? operation.ended
                                  : MonotonicTime::FromReading(now.monotonic);
  FillDuration(std::max(until - operation.begun, absl::ZeroDuration()),
               *out.mutable_lasted());
  v1::OperationStatus status;
  EncodeOperationStatus(progress.guest, &status);
  *out.mutable_services() = std::move(*status.mutable_services());
}

}  // namespace noonmark
