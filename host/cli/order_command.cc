#include "host/cli/order_command.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "host/cli/fan_out.h"
#include "host/cli/one_guest.h"
#include "host/cli/operation_text.h"
#include "host/cli/plan_text.h"

namespace noonmark::cli {
namespace {

// Where a guest is.
struct Found {
  Dom0 dom0;
  std::string host;  // its name
  v1::PlanGuestResponse plan;
};

class Orders {
 public:
  Orders(const Request& request, const Targets& targets, const Speaker& speaker)
      : request_(request), targets_(targets), speaker_(speaker) {}

  ExitCode Give() {
    if (request_.all) return HoldOrReleaseHosts();
    // All of them are found before anything is done to the first.
    std::vector<Found> found;
    for (const std::string& guest : request_.guests) {
      Found one;
      if (const ExitCode code = Find(guest, one); code != kDone) return code;
      found.push_back(std::move(one));
    }
    ExitCode worst = kDone;
    for (const Found& one : found) {
      const ExitCode code = GiveTo(one);
      if (code != kDone) worst = code;
    }
    return worst;
  }

 private:
  ExitCode Find(const std::string& guest, Found& found) {
    const auto answers = AskForPlan(targets_, guest, request_.timeout);
    const OneGuest<v1::PlanGuestResponse> one = FindOneGuest(targets_, answers);
    if (!one.ambiguous.empty()) return speaker_.Fail(kUsage, one.ambiguous);
    if (one.response == nullptr) {
      return FailWithoutGuest(guest, targets_, one.without, one.failures,
                              speaker_);
    }
    if (one.hosts.size() > 1) {
      return speaker_.Fail(kUsage, OnSeveral(guest, one.hosts));
    }
    found = {targets_.dom0s[one.target], one.hosts[0], *one.response};
    return kDone;
  }

  ExitCode GiveTo(const Found& found) {
    switch (request_.command) {
      case Request::Command::kCorrect:
        return Correct(found);
      case Request::Command::kQuiesce:
        return Quiesce(found);
      case Request::Command::kResume:
        return Resume(found);
      case Request::Command::kHold:
        return Told(found,
                    OrderHold(found.dom0, Uuid(found), request_.why,
                              targets_.advice, request_.timeout),
                    "is held; noonmark release ends it");
      default:
        return Told(found,
                    OrderRelease(found.dom0, Uuid(found), targets_.advice,
                                 request_.timeout),
                    "is released");
    }
  }

  ExitCode Correct(const Found& found) {
    if (request_.dry_run) {
      return speaker_.Print(
          PlanText(found.host, found.plan, speaker_.StyleNow()));
    }
    if (found.plan.plan().otherwise() == v1::PLAN_WAY_LEAVE ||
        found.plan.plan().otherwise() == v1::PLAN_WAY_DELEGATE) {
      return speaker_.Print(
          PlanText(found.host, found.plan, speaker_.StyleNow()));
    }
    const absl::StatusOr<std::string> id = OrderCorrection(
        found.dom0, Uuid(found), targets_.advice, request_.timeout);
    if (!id.ok()) return Refused(found, id.status());
    return Follow(found, *id, [](const v1::Operation&) { return true; });
  }

  ExitCode Quiesce(const Found& found) {
    const absl::StatusOr<std::string> id =
        OrderRest(found.dom0, Uuid(found), request_.lease, targets_.advice,
                  request_.timeout);
    if (!id.ok()) return Refused(found, id.status());
    bool rests = false;
    const ExitCode code =
        Follow(found, *id, [&rests](const v1::Operation& operation) {
          rests = operation.phase() == "quiesced";
          return !rests;
        });
    if (!rests) return code == kDone ? kFailed : code;
    return speaker_.Print(absl::StrCat(
        "It comes back by noonmark resume ", found.plan.guest().name(),
        ", or by itself when its lease is over.\n"));
  }

  ExitCode Resume(const Found& found) {
    const absl::StatusOr<std::string> id =
        OrderResume(found.dom0, Uuid(found), targets_.advice, request_.timeout);
    if (!id.ok()) return Refused(found, id.status());
    bool back = false;
    const ExitCode code =
        Follow(found, *id, [&back](const v1::Operation& operation) {
          back = operation.over() && !operation.held();
          return true;
        });
    // A correction that was given up is what was ordered.
    return back ? kDone : code;
  }

  // Shows how it goes on, until `more` says no or it is over; then its end.
  template <typename More>
  ExitCode Follow(const Found& found, const std::string& id, More more) {
    std::optional<v1::Operation> last;
    std::string told;
    const absl::Status status = FollowOperation(
        found.dom0, Uuid(found), id, targets_.advice,
        [&](const v1::Operation& operation) {
          last = operation;
          if (speaker_.console().shows_progress && operation.words() != told) {
            told = operation.words();
            speaker_.console().err << ProgressLine(operation) << std::flush;
          }
          return more(operation) && !operation.over();
        });
    if (!status.ok()) {
      speaker_.Fail(kFailed, status.message());
      return speaker_.Fail(
          targets_.fleet ? kSilent : kFailed,
          absl::StrCat("operation ", id, " of ", found.plan.guest().name(),
                       " may be going on; mail comes back by itself, at the "
                       "latest when its lease is over, and noonmark report "
                       "shows the rest"));
    }
    const ExitCode code = speaker_.Print(OperationText(
        found.plan.guest().name(), found.host, *last, speaker_.StyleNow()));
    if (code != kDone) return code;
    return !last->over() || HasSucceeded(*last) ? kDone : kFailed;
  }

  ExitCode Refused(const Found& found, const absl::Status& status) {
    if (absl::IsFailedPrecondition(status)) {
      speaker_.Fail(kFailed, absl::StrCat(found.plan.guest().name(), " on ",
                                          found.host, ": refused"));
    }
    return speaker_.Fail(kFailed, status.message());
  }

  ExitCode Told(const Found& found, const absl::Status& status,
                absl::string_view what) {
    if (!status.ok()) return Refused(found, status);
    return speaker_.Print(absl::StrCat(found.plan.guest().name(), " on ",
                                       found.host, " ", what, ".\n"));
  }

  ExitCode HoldOrReleaseHosts() {
    const bool hold = request_.command == Request::Command::kHold;
    ExitCode worst = kDone;
    for (const Dom0& dom0 : targets_.dom0s) {
      const absl::Status status =
          hold ? OrderHold(dom0, "", request_.why, targets_.advice,
                           request_.timeout)
               : OrderRelease(dom0, "", targets_.advice, request_.timeout);
      if (status.ok()) {
        const ExitCode code = speaker_.Print(absl::StrCat(
            dom0.name, hold ? ": nobody is corrected; noonmark release --all "
                              "ends it\n"
                            : ": corrections are on, and the breaker is "
                              "closed\n"));
        if (code != kDone) return code;
        continue;
      }
      worst = targets_.fleet && !absl::IsFailedPrecondition(status) ? kSilent
                                                                    : kFailed;
      speaker_.Fail(worst, targets_.fleet
                               ? absl::StrCat(dom0.name, ": ", status.message())
                               : std::string(status.message()));
    }
    return worst;
  }

  static const std::string& Uuid(const Found& found) {
    return found.plan.guest().uuid();
  }

  const Request& request_;
  const Targets& targets_;
  const Speaker& speaker_;
};

}  // namespace

ExitCode GiveOrder(const Request& request, const Targets& targets,
                   const Speaker& speaker) {
  return Orders(request, targets, speaker).Give();
}

}  // namespace noonmark::cli
