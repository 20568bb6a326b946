#ifndef NOONMARK_GUEST_CORRECTOR_READINESS_H_
#define NOONMARK_GUEST_CORRECTOR_READINESS_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "common/correct/service_profile.h"
#include "guest/units/unit_manager.h"

namespace noonmark {

// Root runs noonmark-login-probe in it, with an account that only root reads.
inline constexpr char kLoginProbeUnit[] = "noonmark-login-probe.service";
inline constexpr char kProbeAccount[] = "/etc/noonmark/probe.toml";

// Asks once whether a unit serves, by its profile's [ready]: is it active, do
// its sockets accept a connection, does a login get through where there is a
// `probe_account`. OK: it does.
void AskWhetherReady(UnitManager* manager, const std::string& unit,
                     const ServiceProfile& profile,
                     const std::string& probe_account,
                     std::function<void(absl::Status)> then);

// Whether somebody accepts connections at a unix socket; one that is not ours
// to connect to counts if it is there. Never waits.
//
// Errors: kUnavailable, with the reason.
absl::Status CheckSocket(const std::string& path);

}  // namespace noonmark

#endif  // NOONMARK_GUEST_CORRECTOR_READINESS_H_
