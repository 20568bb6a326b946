#include "host/cli/one_guest.h"

namespace noonmark::cli {

std::string OnSeveral(const std::string& guest,
                      const std::vector<std::string>& hosts) {
  return absl::StrCat("\"", guest, "\" is on ", Listed(hosts),
                      ": add --host NAME, or give the UUID");
}

ExitCode FailWithoutGuest(const std::string& guest, const Targets& targets,
                          const std::vector<std::string>& without,
                          const std::vector<std::string>& failures,
                          const Speaker& speaker) {
  for (const std::string& failure : failures) speaker.Fail(kSilent, failure);
  if (!without.empty()) {
    speaker.Fail(kFailed, absl::StrCat("there is no guest \"", guest, "\" on ",
                                       Listed(without),
                                       "; noonmark guests lists the guests"));
  }
  return !failures.empty() && targets.fleet ? kSilent : kFailed;
}

}  // namespace noonmark::cli
