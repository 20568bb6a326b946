#include "host/cli/plan_command.h"

#include "host/cli/fan_out.h"
#include "host/cli/machine.h"
#include "host/cli/one_guest.h"
#include "host/cli/plan_text.h"

namespace noonmark::cli {

ExitCode ShowPlan(const Request& request, const Targets& targets,
                  const Speaker& speaker) {
  const auto answers = AskForPlan(targets, request.subject, request.timeout);
  const OneGuest<v1::PlanGuestResponse> one = FindOneGuest(targets, answers);
  if (!one.ambiguous.empty()) return speaker.Fail(kUsage, one.ambiguous);
  if (one.response == nullptr) {
    return FailWithoutGuest(request.subject, targets, one.without, one.failures,
                            speaker);
  }
  if (one.hosts.size() > 1) {
    return speaker.Fail(kUsage, OnSeveral(request.subject, one.hosts));
  }
  const ExitCode code = speaker.Print(
      request.output == Request::Output::kJson
          ? MessageJson(*one.response, /*pretty=*/true)
          : absl::StatusOr<std::string>(
                PlanText(one.hosts[0], *one.response, speaker.StyleNow())));
  if (code != kDone) return code;
  for (const std::string& failure : one.failures) {
    speaker.Fail(kSilent, failure);
  }
  return one.failures.empty() ? kDone : kSilent;
}

}  // namespace noonmark::cli
