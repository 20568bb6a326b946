#include "tests/simulation/correction_words.h"

#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace noonmark::simulation {
namespace {

// Debian's abseil has a string_view of its own.
absl::string_view Text(std::string_view text) {
  return {text.data(), text.size()};
}

std::string Span(absl::Duration d) { return absl::FormatDuration(d); }

std::string Name(const OrderHeader& header) {
  return absl::StrCat(static_cast<int>(header.operation.bytes[0]), ".",
                      static_cast<int>(header.operation.bytes[1]), " epoch ",
                      header.epoch);
}

std::string Records(const std::vector<JournalRecord>& records) {
  static constexpr const char* kNames[] = {
      "epoch", "unit",         "intent",  "move-intent", "moved",
      "ended", "brought-back", "planned", "phase",       "closed"};
  std::string words = "write";
  for (const JournalRecord& record : records) {
    absl::StrAppend(&words, " ", kNames[record.body.index()]);
  }
  return words;
}

struct GuestWords {
  std::string operator()(const WriteRecords& act) const {
    return Records(act.records);
  }
  std::string operator()(const SurveyUnits&) const { return "survey"; }
  std::string operator()(const ArmDeadMan& act) const {
    return act.armed ? "arm" : "disarm";
  }
  std::string operator()(const BeginHold&) const { return "begin hold"; }
  std::string operator()(const EndHold&) const { return "end hold"; }
  std::string operator()(const RunHooks& act) const {
    return act.quiesce ? "hooks quiesce" : "hooks resume";
  }
  std::string operator()(const StopUnit& act) const {
    return absl::StrCat("stop ", act.unit);
  }
  std::string operator()(const StartUnit& act) const {
    return absl::StrCat("start ", act.unit);
  }
  std::string operator()(const AskReady& act) const {
    return absl::StrCat("ask ", act.unit);
  }
  std::string operator()(const RunAction& act) const {
    return absl::StrCat("action ", act.profile);
  }
  std::string operator()(const ReadClock&) const { return "read clock"; }
  std::string operator()(const MoveClock& act) const {
    return absl::StrCat("move by ", Span(act.amount));
  }
  std::string operator()(const WakeAt& act) const {
    return absl::StrCat("wake at ", Span(act.boottime));
  }
  std::string operator()(const AnswerOrder& act) const {
    return absl::StrCat("answer ", Words(act.status));
  }
};

struct HostWords {
  std::string operator()(const WriteHostRecords& act) const {
    return Records(act.records);
  }
  std::string operator()(const TakeSlot&) const { return "take slot"; }
  std::string operator()(const FreeSlot&) const { return "free slot"; }
  std::string operator()(const SendOrder& act) const {
    return absl::StrCat("send ", Words(act.order));
  }
  std::string operator()(const Measure&) const { return "measure"; }
  std::string operator()(const TickAt& act) const {
    return absl::StrCat("tick at ", Span(act.moment.Reading()));
  }
};

}  // namespace

std::string Words(const GuestAct& act) { return std::visit(GuestWords(), act); }
std::string Words(const HostAct& act) { return std::visit(HostWords(), act); }

std::string Words(const Order& order) {
  if (const auto* quiesce = std::get_if<QuiesceOrder>(&order)) {
    return absl::StrCat("quiesce ", Name(quiesce->header), " for ",
                        Span(quiesce->amount), " until ",
                        Span(quiesce->valid_until));
  }
  if (const auto* correct = std::get_if<CorrectOrder>(&order)) {
    return absl::StrCat("correct ", Name(correct->header), " by ",
                        Span(correct->amount), " until ",
                        Span(correct->valid_until));
  }
  if (const auto* resume = std::get_if<ResumeOrder>(&order)) {
    return absl::StrCat("resume ", Name(resume->header));
  }
  return "status";
}

std::string Words(const OperationStatus& status) {
  return absl::StrCat(
      static_cast<int>(status.operation.bytes[0]), ".",
      static_cast<int>(status.operation.bytes[1]), " ",
      Text(PhaseName(status.phase)), ", ", Text(FateName(status.fate)), ", ",
      Text(OutcomeName(status.outcome)), ", refused ",
      Text(RefusalName(status.refusal)), ", given up ",
      Text(RefusalName(status.given_up)), ", epoch ", status.epoch,
      ", boottime ", Span(status.boottime), ", lease to ",
      Span(status.lease_end), " ", status.detail);
}

}  // namespace noonmark::simulation
