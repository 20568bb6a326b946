#include "host/service/plan_wire.h"

#include <string>

#include "absl/strings/str_replace.h"
#include "host/service/report.h"

namespace noonmark {
namespace {

v1::PlanWay ToWire(PlanWay way) {
  switch (way) {
    case PlanWay::kLeave:
      return v1::PLAN_WAY_LEAVE;
    case PlanWay::kDelegate:
      return v1::PLAN_WAY_DELEGATE;
    case PlanWay::kStep:
      return v1::PLAN_WAY_STEP;
    case PlanWay::kSlew:
      return v1::PLAN_WAY_SLEW;
    case PlanWay::kQuiescedStep:
      return v1::PLAN_WAY_QUIESCED_STEP;
    case PlanWay::kRefuse:
      return v1::PLAN_WAY_REFUSE;
  }
  return v1::PLAN_WAY_UNSPECIFIED;
}

v1::CorrectionMode ToWire(CorrectionMode mode) {
  switch (mode) {
    case CorrectionMode::kObserve:
      return v1::CORRECTION_MODE_OBSERVE;
    case CorrectionMode::kAdvise:
      return v1::CORRECTION_MODE_ADVISE;
    case CorrectionMode::kCorrect:
      return v1::CORRECTION_MODE_CORRECT;
  }
  return v1::CORRECTION_MODE_UNSPECIFIED;
}

v1::ServiceRole ToWire(ServiceRole role) {
  switch (role) {
    case ServiceRole::kMailTransfer:
      return v1::SERVICE_ROLE_MAIL_TRANSFER;
    case ServiceRole::kMailStore:
      return v1::SERVICE_ROLE_MAIL_STORE;
    case ServiceRole::kTimeDaemon:
      return v1::SERVICE_ROLE_TIME_DAEMON;
    case ServiceRole::kOther:
      return v1::SERVICE_ROLE_OTHER;
  }
  return v1::SERVICE_ROLE_UNSPECIFIED;
}

std::string Named(const std::string& text, const std::string& guest) {
  return absl::StrReplaceAll(text, {{"GUEST", guest}});
}

void Fill(const Objection& objection, const std::string& guest,
          v1::Objection& out) {
  out.set_rail(std::string(RailName(objection.rail)));
  out.set_why(objection.why);
  out.set_remedy(Named(objection.remedy, guest));
  out.set_meaning(std::string(RailMeaning(objection.rail)));
}

void FillCost(const MailCost& cost, v1::MailCost& out) {
  for (const RestingService& service : cost.rests) {
    v1::RestingService& resting = *out.add_rests();
    resting.set_unit(service.unit);
    resting.set_role(ToWire(service.role));
    resting.set_clients_wait(service.clients_wait);
  }
  if (cost.rests.empty()) return;
  FillDuration(cost.usual.lo, *out.mutable_usual_least());
  FillDuration(cost.usual.hi, *out.mutable_usual_most());
  if (cost.hold > absl::ZeroDuration()) {
    FillDuration(cost.hold, *out.mutable_hold());
  }
  FillDuration(cost.lease, *out.mutable_lease());
  for (const std::string& client : cost.clients) out.add_clients(client);
}

}  // namespace

void FillPlan(const GuestPlan& made, const std::string& guest, v1::Plan& plan) {
  plan.set_way(ToWire(made.plan.way));
  plan.set_otherwise(ToWire(made.plan.otherwise));
  plan.set_mode(ToWire(made.policy.rails.mode));
  if (made.plan.amount != absl::ZeroDuration()) {
    FillDuration(made.plan.amount, *plan.mutable_amount());
  }
  for (const std::string& reason : made.plan.reasons) plan.add_reasons(reason);
  for (const Objection& objection : made.plan.objections) {
    Fill(objection, guest, *plan.add_objections());
  }
  for (const Objection& objection : made.by_order) {
    Fill(objection, guest, *plan.add_by_order());
  }
  for (const Objection& objection : made.by_itself) {
    Fill(objection, guest, *plan.add_by_itself());
  }
  FillCost(made.plan.cost, *plan.mutable_cost());
  for (const std::string& warning : made.plan.warnings) {
    plan.add_warnings(Named(warning, guest));
  }
  for (const std::string& effect : made.plan.side_effects) {
    plan.add_side_effects(effect);
  }
}

void FillRefusals(const std::vector<KeptRefusal>& refusals,
                  const std::string& guest, const ClockReading& now,
                  v1::Plan& plan) {
  for (const KeptRefusal& kept : refusals) {
    v1::KeptRefusal& out = *plan.add_refusals();
    Fill(kept.objection, guest, *out.mutable_objection());
    out.set_by_order(kept.initiator == Initiator::kOperator);
    FillMoment(kept.first, now, *out.mutable_first());
    FillMoment(kept.last, now, *out.mutable_last());
    out.set_times(kept.times);
  }
}

}  // namespace noonmark
