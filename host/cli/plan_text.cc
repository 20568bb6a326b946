#include "host/cli/plan_text.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/estimate/format.h"
#include "host/cli/page.h"
#include "host/cli/quantities.h"
#include "host/cli/safe_text.h"
#include "host/cli/wording.h"

namespace noonmark::cli {
namespace {

std::string RoleText(v1::ServiceRole role) {
  switch (role) {
    case v1::SERVICE_ROLE_MAIL_TRANSFER:
      return "mail transfer";
    case v1::SERVICE_ROLE_MAIL_STORE:
      return "mail store";
    case v1::SERVICE_ROLE_TIME_DAEMON:
      return "time daemon";
    default:
      return "";
  }
}

std::string ModeText(v1::CorrectionMode mode) {
  switch (mode) {
    case v1::CORRECTION_MODE_ADVISE:
      return "advise: noonmark corrects what an operator orders";
    case v1::CORRECTION_MODE_CORRECT:
      return "correct: noonmark corrects by order and by itself";
    default:
      return "observe: noonmark touches nothing";
  }
}

// "back by 4398.046511 s (1 h 13 min 18 s)"
std::string AmountText(absl::Duration amount) {
  std::string text =
      absl::StrCat(amount < absl::ZeroDuration() ? "back" : "forward", " by ",
                   Seconds6(absl::AbsDuration(amount), Sign::kMinus), " s");
  if (absl::AbsDuration(amount) >= absl::Minutes(2)) {
    absl::StrAppend(&text, " (", LongText(amount), ")");
  }
  return text;
}

// "2 s to 4 s"
std::string UsualText(const v1::MailCost& cost) {
  const absl::Duration second = absl::Seconds(1);
  return absl::StrCat(
      LongText(absl::Floor(FromProto(cost.usual_least()), second)), " to ",
      LongText(absl::Ceil(FromProto(cost.usual_most()), second)));
}

// What is done, or `would` be, in a few words: the page's first line.
std::string WayText(v1::PlanWay way, const v1::Plan& plan, bool would) {
  const std::string amount = AmountText(FromProto(plan.amount()));
  const absl::string_view is = would ? " would be " : " is ";
  switch (way) {
    case v1::PLAN_WAY_LEAVE:
      return "nothing is to be done";
    case v1::PLAN_WAY_DELEGATE:
      return absl::StrCat("it", is, "left to the guest's own time daemon");
    case v1::PLAN_WAY_STEP:
      return absl::StrCat("its clock", is, "set ", amount,
                          " at once, and mail runs on");
    case v1::PLAN_WAY_SLEW:
      return absl::StrCat("its clock", is, "slewed ", amount,
                          ", and mail runs on");
    case v1::PLAN_WAY_QUIESCED_STEP:
      return absl::StrCat(
          "its clock", is, "set ", amount,
          plan.cost().rests().empty()
              ? " with its mail at rest"
              : absl::StrCat(" with its mail at rest for about ",
                             UsualText(plan.cost())));
    default:
      return "nothing can be done";
  }
}

std::string Title(const std::string& host, const v1::PlanGuestResponse& plan) {
  const bool refused =
      plan.plan().otherwise() != v1::PLAN_WAY_REFUSE &&
      (!plan.plan().objections().empty() || !plan.plan().by_order().empty());
  return absl::StrCat(plan.guest().name(), " on ", host, ": ",
                      refused ? "refused for now; else " : "",
                      WayText(plan.plan().otherwise(), plan.plan(), refused),
                      ".");
}

std::vector<std::string> Steps(const v1::Plan& plan) {
  switch (plan.otherwise()) {
    case v1::PLAN_WAY_STEP:
      return {
          "Measure the clock again; go on only if it still is where it was.",
          absl::StrCat("Set it ", AmountText(FromProto(plan.amount())),
                       ", or what was then measured, once."),
          "Measure it again: it is right, or the guest is held and you are "
          "told."};
    case v1::PLAN_WAY_SLEW:
      return {
          "Measure the clock again; go on only if it still is where it was.",
          absl::StrCat("Let the kernel slew it ",
                       AmountText(FromProto(plan.amount())),
                       " at 500 ppm; that ends by itself, whatever dies."),
          "Measure it again: it is right, or the guest is held and you are "
          "told."};
    case v1::PLAN_WAY_QUIESCED_STEP: {
      std::vector<std::string> units;
      bool daemon = false;
      for (const v1::RestingService& service : plan.cost().rests()) {
        units.push_back(service.unit());
        daemon |= service.role() == v1::SERVICE_ROLE_TIME_DAEMON;
      }
      std::vector<std::string> steps = {
          units.empty()
              ? "Bring the services that the guest lists to rest, and prove "
                "that they are."
              : absl::StrCat("Bring to rest, in this order, and prove that "
                             "they are: ",
                             absl::StrJoin(units, ", "), "."),
          "Measure the clock again; go on only if it still is where it was.",
          absl::StrCat("Set it ", AmountText(FromProto(plan.amount())),
                       ", or what was then measured, once.")};
      if (daemon) {
        steps.push_back(
            "Start the time daemon; go on when it agrees with the new time.");
      }
      if (plan.cost().has_hold()) {
        steps.push_back(
            absl::StrCat("Wait ",
                         LongText(absl::Ceil(FromProto(plan.cost().hold()),
                                             absl::Seconds(1))),
                         ", until no time is shown twice."));
      }
      steps.push_back(
          "Start the rest the other way round, and see that they serve.");
      steps.push_back(
          "Measure it again: it is right, or the guest is held and you are "
          "told.");
      return steps;
    }
    default:
      return {};
  }
}

void AddSteps(const v1::Plan& plan, Page& page) {
  const std::vector<std::string> steps = Steps(plan);
  if (steps.empty()) return;
  page.Heading("WHAT IS DONE");
  Page::Pairs pairs;
  for (size_t i = 0; i < steps.size(); ++i) {
    pairs.emplace_back(absl::StrCat(i + 1), steps[i]);
  }
  page.AddPairs(pairs);
}

void AddCost(const v1::Plan& plan, Page& page) {
  if (plan.otherwise() != v1::PLAN_WAY_STEP &&
      plan.otherwise() != v1::PLAN_WAY_SLEW &&
      plan.otherwise() != v1::PLAN_WAY_QUIESCED_STEP) {
    return;
  }
  page.Heading("WHAT IT COSTS MAIL");
  const v1::MailCost& cost = plan.cost();
  if (plan.otherwise() != v1::PLAN_WAY_QUIESCED_STEP) {
    page.Paragraph("Nothing: no service rests.", "  ");
    return;
  }
  if (cost.rests().empty()) {
    page.Paragraph(
        "Not known: the guest has not told which services it lists. A stop and "
        "a start of Dovecot and Postfix take a few seconds.",
        "  ");
    return;
  }
  std::vector<std::string> rests;
  for (const v1::RestingService& service : cost.rests()) {
    const std::string role = RoleText(service.role());
    rests.push_back(role.empty()
                        ? service.unit()
                        : absl::StrCat(service.unit(), " (", role, ")"));
  }
  page.AddPairs(
      {{"at rest", absl::StrJoin(rests, ", ")},
       {"for about", absl::StrCat(UsualText(cost), " at normal speed")},
       {"at most", absl::StrCat(LongText(FromProto(cost.lease())),
                                "; then the guest starts them by itself, "
                                "whatever died")},
       {"clients", absl::StrJoin(cost.clients(), " ")}});
}

// A rail, why, and what to change.
void AddObjection(const v1::Objection& objection, Page::Pairs& pairs) {
  pairs.emplace_back(objection.rail(), objection.why());
  pairs.emplace_back("", objection.remedy());
}

void AddRefusal(const v1::Plan& plan, Page& page) {
  Page::Pairs pairs;
  for (const v1::Objection& objection : plan.objections()) {
    AddObjection(objection, pairs);
  }
  for (const v1::Objection& objection : plan.by_order()) {
    AddObjection(objection, pairs);
  }
  if (pairs.empty()) return;
  page.Heading("REFUSED BY");
  page.AddPairs(pairs);
}

// What keeps noonmark alone from it.
void AddByItself(const v1::Plan& plan, Page& page) {
  Page::Pairs pairs;
  for (const v1::Objection& objection : plan.by_itself()) {
    const bool told =
        std::any_of(plan.by_order().begin(), plan.by_order().end(),
                    [&](const v1::Objection& other) {
                      return other.rail() == objection.rail();
                    });
    if (!told) AddObjection(objection, pairs);
  }
  if (pairs.empty()) return;
  page.Heading("NOT BY ITSELF, BY");
  page.AddPairs(pairs);
}

void AddSentences(absl::string_view heading,
                  const google::protobuf::RepeatedPtrField<std::string>& list,
                  Page& page) {
  if (list.empty()) return;
  page.Heading(heading);
  Page::Pairs pairs;
  for (const std::string& sentence : list) pairs.emplace_back("-", sentence);
  page.AddPairs(pairs);
}

void AddRefusals(const v1::Plan& plan, Page& page) {
  if (plan.refusals().empty()) return;
  page.Heading("REFUSED LATELY");
  Page::Pairs pairs;
  for (const v1::KeptRefusal& kept : plan.refusals()) {
    pairs.emplace_back(
        kept.objection().rail(),
        absl::StrCat(
            kept.objection().why(), " ",
            kept.by_order() ? "Ordered " : "By itself, ",
            kept.times() > 1 ? absl::StrCat(kept.times(), " times, last ") : "",
            "at ", FormatMoment(FromProto(kept.last())), "."));
  }
  page.AddPairs(pairs);
}

}  // namespace

std::string PlanText(absl::string_view host,
                     const v1::PlanGuestResponse& response,
                     const Style& style) {
  v1::PlanGuestResponse safe = response;
  MakeSafe(&safe);
  const v1::Plan& plan = safe.plan();
  Page page(style);
  page.Paragraph(Title(SafeText(host), safe), "");
  page.Heading("WHY");
  for (const std::string& reason : plan.reasons()) {
    page.Paragraph(reason, "  ");
  }
  AddRefusal(plan, page);
  AddByItself(plan, page);
  AddSteps(plan, page);
  AddCost(plan, page);
  AddSentences("KNOW BEFORE", plan.warnings(), page);
  AddSentences("WHO ELSE ON THE GUEST MAY MIND", plan.side_effects(), page);
  AddRefusals(plan, page);
  page.Heading("MODE");
  page.Paragraph(ModeText(plan.mode()), "  ");
  return page.text();
}

}  // namespace noonmark::cli
