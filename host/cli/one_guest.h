#ifndef NOONMARK_HOST_CLI_ONE_GUEST_H_
#define NOONMARK_HOST_CLI_ONE_GUEST_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "host/cli/dom0.h"
#include "host/cli/speaker.h"

namespace noonmark::cli {

// What the dom0s of a fleet answered about a guest that one of them should
// know. `Response` has a host().
template <typename Response>
struct OneGuest {
  // Of those that know it, the last; null: none does.
  const Response* response = nullptr;
  // Its dom0's place among the targets.
  size_t target = 0;
  std::vector<std::string> hosts;    // that know it
  std::vector<std::string> without;  // that know of none
  std::vector<std::string> failures;
  // One says that the name fits several of its guests. Empty: none does.
  std::string ambiguous;
};

template <typename Response>
OneGuest<Response> FindOneGuest(
    const Targets& targets,
    const std::vector<absl::StatusOr<Response>>& answers) {
  OneGuest<Response> one;
  for (size_t i = 0; i < answers.size(); ++i) {
    const std::string& name = targets.dom0s[i].name;
    const absl::Status& status = answers[i].status();
    if (answers[i].ok()) {
      one.response = &*answers[i];
      one.target = i;
      const bool own = !targets.fleet && !one.response->host().name().empty();
      one.hosts.push_back(own ? one.response->host().name() : name);
    } else if (absl::IsFailedPrecondition(status)) {
      if (!one.ambiguous.empty()) continue;
      one.ambiguous = absl::StrCat(name, ": ", status.message());
    } else if (absl::IsNotFound(status)) {
      one.without.push_back(name);
    } else {
      one.failures.push_back(targets.fleet
                                 ? absl::StrCat(name, ": ", status.message())
                                 : std::string(status.message()));
    }
  }
  return one;
}

// What to say of a name that several hosts know.
std::string OnSeveral(const std::string& guest,
                      const std::vector<std::string>& hosts);

// Nobody knows the guest; says so, and which dom0s could not be asked. The code
// to end with.
ExitCode FailWithoutGuest(const std::string& guest, const Targets& targets,
                          const std::vector<std::string>& without,
                          const std::vector<std::string>& failures,
                          const Speaker& speaker);

}  // namespace noonmark::cli

#endif  // NOONMARK_HOST_CLI_ONE_GUEST_H_
