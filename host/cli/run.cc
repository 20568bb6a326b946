#include "host/cli/run.h"

#include <algorithm>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "common/detect/card.h"
#include "common/estimate/format.h"
#include "common/runtime/system_clock.h"
#include "host/cli/dom0.h"
#include "host/cli/explain.h"
#include "host/cli/fan_out.h"
#include "host/cli/machine.h"
#include "host/cli/one_guest.h"
#include "host/cli/order_command.h"
#include "host/cli/pki_command.h"
#include "host/cli/plan_command.h"
#include "host/cli/safe_text.h"
#include "host/cli/speaker.h"
#include "host/cli/table.h"
#include "host/cli/watch.h"
#include "host/cli/wording.h"
#include "host/trace/replay.h"
#include "host/trace/thoughts.h"
#include "host/trace/trace_file.h"

namespace noonmark::cli {
namespace {

using Output = Request::Output;

// One request, from its words to its exit code.
class Program {
 public:
  Program(Request request, const Console& console, const Places& places)
      : request_(std::move(request)),
        console_(console),
        speaker_(console, request_.colour),
        places_(places) {}

  ExitCode Run();

 private:
  ExitCode Report();
  ExitCode Watch();
  ExitCode Guests();
  ExitCode Explain();
  ExitCode ExplainWithoutGuest(const std::vector<std::string>& asked,
                               const std::vector<std::string>& failures);
  ExitCode ExplainCard();
  ExitCode Version();
  ExitCode ReplayTrace();
  ExitCode ConfigCheck();

  // Fills targets_; another code than kDone: told already.
  ExitCode FindTargets();
  ExitCode KeepNamedHosts(const std::string& source);
  ExitCode TurnToOperators(const std::string& source);
  // Asks for the reports; a single dom0 that fails is a failure of the command.
  absl::StatusOr<v1::FleetReport> Ask();

  absl::StatusOr<std::string> Rendered(const v1::FleetReport& report) const;
  Style StyleNow() const { return speaker_.StyleNow(); }
  ExitCode Print(const absl::StatusOr<std::string>& text) {
    return speaker_.Print(text);
  }
  ExitCode Fail(ExitCode code, absl::string_view message) {
    return speaker_.Fail(code, message);
  }

  const Request request_;
  const Console& console_;
  const Speaker speaker_;
  const Places& places_;
  Targets targets_;
};

// Several lines, each safe.
std::string SafeLines(absl::string_view text) {
  std::string safe;
  for (const absl::string_view line :
       absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    absl::StrAppend(&safe, SafeText(line), "\n");
  }
  return safe;
}

bool AnyoneSilent(const v1::FleetReport& report) {
  return std::any_of(
      report.hosts().begin(), report.hosts().end(),
      [](const v1::FleetHost& host) { return !host.has_report(); });
}

bool AnyoneIs(const std::set<v1::Verdict>& verdicts,
              const v1::FleetReport& report) {
  for (const v1::FleetHost& host : report.hosts()) {
    for (const v1::Guest& guest : host.report().guests()) {
      if (verdicts.count(guest.verdict()) > 0) return true;
    }
  }
  return false;
}

ExitCode Program::Run() {
  using Command = Request::Command;
  if (request_.command == Command::kConfigCheck) return ConfigCheck();
  if (request_.command == Command::kPki) {
    return RunPki(request_.pki,
                  absl::UnixEpoch() + SystemClock().Read().realtime, speaker_);
  }
  if (request_.is_code) return ExplainCard();
  if (const ExitCode code = FindTargets(); code != kDone) return code;
  if (request_.IsOrder()) return GiveOrder(request_, targets_, speaker_);
  switch (request_.command) {
    case Command::kReport:
      return request_.watch ? Watch() : Report();
    case Command::kGuests:
      return Guests();
    case Command::kExplain:
      return Explain();
    case Command::kPlan:
      return ShowPlan(request_, targets_, speaker_);
    case Command::kVersion:
      return Version();
    case Command::kReplay:
      return ReplayTrace();
    case Command::kCorrect:
    case Command::kQuiesce:
    case Command::kResume:
    case Command::kHold:
    case Command::kRelease:
    case Command::kConfigCheck:
    case Command::kPki:
      break;
  }
  return kDone;
}

ExitCode Program::FindTargets() {
  if (!request_.connect) {
    const std::string path = request_.fleet.value_or(places_.fleet_file);
    absl::StatusOr<Targets> fleet = LoadFleetFile(path);
    if (fleet.ok()) {
      targets_ = *std::move(fleet);
      const ExitCode code = KeepNamedHosts(path);
      return code == kDone && request_.IsOrder() ? TurnToOperators(path) : code;
    }
    if (request_.fleet || !absl::IsNotFound(fleet.status())) {
      return Fail(kFailed, fleet.status().message());
    }
    if (!request_.hosts.empty()) {
      return Fail(kUsage, absl::StrCat("--host picks a dom0 of the fleet, and "
                                       "there is no fleet file ",
                                       path));
    }
  }
  const absl::StatusOr<std::string> address =
      ParseAddress(request_.connect.value_or(
          request_.IsOrder() ? places_.local_operator : places_.local_address));
  if (!address.ok()) {
    return Fail(kUsage,
                absl::StrCat("--connect: ", address.status().message()));
  }
  targets_.dom0s = {{*address, *address}};
  targets_.advice = request_.connect
                        ? "start noonmarkd, or name another with --connect"
                        : "start noonmarkd, or name its socket with --connect";
  return kDone;
}

ExitCode Program::KeepNamedHosts(const std::string& source) {
  if (request_.hosts.empty()) return kDone;
  std::vector<std::string> names;
  for (const Dom0& dom0 : targets_.dom0s) names.push_back(dom0.name);
  for (const std::string& host : request_.hosts) {
    if (std::find(names.begin(), names.end(), host) == names.end()) {
      return Fail(kUsage,
                  absl::StrCat("there is no host \"", host, "\" in ", source,
                               ", which names ", Listed(names)));
    }
  }
  const auto& wanted = request_.hosts;
  std::erase_if(targets_.dom0s, [&wanted](const Dom0& dom0) {
    return std::find(wanted.begin(), wanted.end(), dom0.name) == wanted.end();
  });
  return kDone;
}

// Orders go to other sockets.
ExitCode Program::TurnToOperators(const std::string& source) {
  for (Dom0& dom0 : targets_.dom0s) {
    if (dom0.operate.empty()) {
      return Fail(kUsage, absl::StrCat(dom0.name,
                                       " takes no orders: give it "
                                       "operate = \"unix:PATH\" in ",
                                       source));
    }
    dom0.address = dom0.operate;
  }
  return kDone;
}

absl::StatusOr<v1::FleetReport> Program::Ask() {
  auto answers = AskForReports(targets_, request_.timeout);
  if (!targets_.fleet && !answers[0].ok()) return answers[0].status();
  return MakeFleetReport(targets_, std::move(answers));
}

ExitCode Program::Report() {
  const absl::StatusOr<v1::FleetReport> report = Ask();
  if (!report.ok()) return Fail(kFailed, report.status().message());
  if (const ExitCode code = Print(Rendered(*report)); code != kDone) {
    return code;
  }
  if (AnyoneSilent(*report)) return kSilent;
  return AnyoneIs(request_.fail_on, *report) ? kFaults : kDone;
}

ExitCode Program::Watch() {
  // Home and "clear from here", not "clear all": nothing flickers.
  const bool redraw = console_.is_terminal && request_.output == Output::kTable;
  FleetWatch watch(targets_, request_.timeout);
  watch.WaitForFirst();
  if (redraw) console_.out << "\x1b[2J";
  const bool apart = !redraw && request_.output == Output::kTable;
  for (bool first = true;; first = false) {
    absl::StatusOr<std::string> text = Rendered(watch.Current());
    if (apart && !first) console_.out << "\n";
    if (redraw && text.ok()) {
      text = absl::StrCat(
          "\x1b[H", absl::StrReplaceAll(*text, {{"\n", "\x1b[K\n"}}), "\x1b[J");
    }
    if (const ExitCode code = Print(text); code != kDone) return code;
    watch.Wait(*request_.watch);
  }
}

ExitCode Program::Guests() {
  const absl::StatusOr<v1::FleetReport> report = Ask();
  if (!report.ok()) return Fail(kFailed, report.status().message());
  if (const ExitCode code = Print(Rendered(*report)); code != kDone) {
    return code;
  }
  return AnyoneSilent(*report) ? kSilent : kDone;
}

ExitCode Program::Explain() {
  const auto answers =
      AskForGuest(targets_, request_.subject, request_.timeout);
  const OneGuest<v1::GetGuestResponse> one = FindOneGuest(targets_, answers);
  if (!one.ambiguous.empty()) return Fail(kUsage, one.ambiguous);
  if (one.response == nullptr) {
    return ExplainWithoutGuest(one.without, one.failures);
  }
  if (one.hosts.size() > 1)
    return Fail(kUsage, OnSeveral(request_.subject, one.hosts));
  if (const ExitCode code =
          Print(ExplainGuest(one.hosts[0], *one.response, StyleNow()));
      code != kDone) {
    return code;
  }
  for (const std::string& failure : one.failures) Fail(kSilent, failure);
  return one.failures.empty() ? kDone : kSilent;
}

ExitCode Program::ExplainWithoutGuest(
    const std::vector<std::string>& asked,
    const std::vector<std::string>& failures) {
  for (const std::string& failure : failures) Fail(kSilent, failure);
  const ExitCode silent = failures.empty() ? kDone
                          : targets_.fleet ? kSilent
                                           : kFailed;
  if (FindCard(request_.subject) != nullptr) {
    const ExitCode code = ExplainCard();
    return code == kDone ? silent : code;
  }
  if (!asked.empty()) {
    Fail(kFailed, absl::StrCat("there is no guest \"", request_.subject,
                               "\" on ", Listed(asked),
                               ", and no finding of this code; noonmark guests "
                               "lists the guests"));
  }
  return silent == kDone ? kFailed : silent;
}

ExitCode Program::ExplainCard() {
  const Card* card = FindCard(request_.subject);
  if (card == nullptr) {
    std::vector<std::string> codes;
    for (const Card& known : AllCards()) {
      codes.emplace_back(CodeName(known.code));
    }
    return Fail(kFailed,
                absl::StrCat("there is no finding \"", request_.subject,
                             "\"; there are ", Listed(codes)));
  }
  return Print(ExplainCode(*card, StyleNow()));
}

ExitCode Program::Version() {
  auto answers = AskForHealth(targets_, request_.timeout);
  std::vector<DaemonHealth> daemons;
  bool silent = false;
  for (size_t i = 0; i < answers.size(); ++i) {
    std::string name = targets_.dom0s[i].name;
    silent |= !answers[i].ok();
    if (!targets_.fleet && answers[i].ok() &&
        !answers[i]->host().name().empty()) {
      name = answers[i]->host().name();
    }
    daemons.push_back({std::move(name), std::move(answers[i])});
  }
  const ExitCode code =
      Print(VersionTable(std::string(kVersion), daemons, StyleNow()));
  if (code != kDone || !silent) return code;
  return targets_.fleet ? kSilent : kFailed;
}

ExitCode Program::ReplayTrace() {
  absl::StatusOr<TraceReader> trace = TraceReader::Open(*request_.file);
  if (!trace.ok()) return Fail(kFailed, trace.status().message());
  FleetAssessor core(trace->options().host, trace->options().guests);
  const std::string host = SafeText(trace->header().host_name());
  console_.out << "recorded on " << host << " by noonmarkd "
               << SafeText(trace->header().daemon_version())
               << "; times since its first input\n\n";
  const absl::StatusOr<ReplayResult> result =
      Replay(*trace, core, [&](const ReplayChange& change) {
        console_.out << absl::StreamFormat(
            "%14s  %-14s  %s\n", FormatSeconds(change.at), SafeText(change.who),
            SafeText(change.what));
      });
  if (!result.ok()) return Fail(kFailed, result.status().message());
  std::string end = absl::StrCat(
      "\nwhat is thought at the end, after ", Counted(result->inputs, "input"),
      " in ", FormatAge(result->end - result->begin),
      ", to the nanosecond:\n\n",
      SafeLines(ThoughtsOf(trace->header().host_name(), core.host(),
                           result->end, result->begin)));
  for (const auto& [uuid, guest] : core.guests()) {
    const std::string& name = guest.policy().name;
    absl::StrAppend(
        &end, SafeLines(ThoughtsOf(
                  name.empty() ? uuid : absl::StrCat(name, " ", uuid), guest,
                  result->begin)));
  }
  if (!result->warning.empty()) Fail(kDone, result->warning);
  return Print(end);
}

ExitCode Program::ConfigCheck() {
  const std::string path = request_.file.value_or(places_.fleet_file);
  const absl::StatusOr<Targets> targets = LoadFleetFile(path);
  if (!targets.ok()) return Fail(kFailed, targets.status().message());
  return Print(absl::StrCat(path, ": good, ",
                            Counted(targets->dom0s.size(), "host"), "\n"));
}

absl::StatusOr<std::string> Program::Rendered(
    const v1::FleetReport& report) const {
  const bool guests = request_.command == Request::Command::kGuests;
  switch (request_.output) {
    case Output::kJson:
      // A line for each, so that a program can read them as they come.
      return MessageJson(report, !request_.watch.has_value());
    case Output::kCsv:
      return guests ? GuestsCsv(report) : ReportCsv(report);
    case Output::kTable:
      break;
  }
  return guests ? GuestsTable(report, StyleNow())
                : ReportTable(report, StyleNow());
}

}  // namespace

ExitCode Main(int argc, const char* const* argv, const Console& console,
              const Places& places) {
  QuietGrpc();
  std::variant<Request, Answer> parsed = ParseCommandLine(argc, argv);
  if (const Answer* answer = std::get_if<Answer>(&parsed)) {
    (answer->exit_code == kDone ? console.out : console.err)
        << answer->text << std::flush;
    return answer->exit_code;
  }
  return Program(std::get<Request>(std::move(parsed)), console, places).Run();
}

}  // namespace noonmark::cli
