#ifndef NOONMARK_GUEST_CORRECTOR_CORRECTOR_H_
#define NOONMARK_GUEST_CORRECTOR_CORRECTOR_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/correct/guest_act.h"
#include "common/correct/order.h"
#include "common/time/clock.h"
#include "guest/adjust/clock_adjuster.h"
#include "guest/corrector/hooks.h"
#include "guest/corrector/places.h"
#include "guest/corrector/readiness.h"
#include "guest/mail/profile.h"
#include "guest/units/at_rest.h"

namespace noonmark {

// Where things are.
struct CorrectorOptions {
  std::string config = "/etc/noonmark/agent.toml";
  std::vector<std::string> profiles = {kShippedProfiles, kOperatorProfiles};
  CorrectorPlaces places;
  ProofPaths proofs;
  std::string hooks = kHooksFolder;
  std::string probe_account = kProbeAccount;
  // Who may give orders, besides root and whoever runs this.
  std::string agent_user = "noonmark-agent";
  BootId boot;
  // As of ActRunner::Sinks; for tests.
  std::function<void(const GuestAct& act)> crossing;
};

// The boot's, of /proc; none where it cannot be read.
BootId ThisBoot();

// What is wrong with the configuration; OK: nothing.
absl::Status CheckCorrectorConfig(const CorrectorOptions& options);

// Brings what an earlier corrector left open to its end, then takes orders
// until SIGTERM or SIGINT. Called once, before any thread was started.
//
// Errors: of the configuration, of the socket. A journal that cannot be
// written is none: then nothing is ever stopped.
absl::Status RunCorrector(const CorrectorOptions& options, Clock* clock,
                          ClockAdjuster* adjuster);

}  // namespace noonmark

#endif  // NOONMARK_GUEST_CORRECTOR_CORRECTOR_H_
