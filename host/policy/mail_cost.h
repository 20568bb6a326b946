#ifndef NOONMARK_HOST_POLICY_MAIL_COST_H_
#define NOONMARK_HOST_POLICY_MAIL_COST_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/correct/order.h"
#include "common/estimate/interval.h"

namespace noonmark {

// A service that is running and will be brought to rest.
struct RestingService {
  std::string unit;
  ServiceRole role = ServiceRole::kOther;
  // A socket unit keeps its clients waiting instead of refusing them.
  bool clients_wait = false;
};

// "mail transfer", "mail store", "time daemon", "other".
std::string_view RoleName(ServiceRole role);

// What a correction costs the guest's mail.
struct MailCost {
  // In the order in which they stop; they start the other way round. Empty: it
  // costs nothing.
  std::vector<RestingService> rests;
  // How long, about, on a machine at normal speed, the hold included.
  Interval usual;
  // Of that, waiting until no time is shown twice.
  absl::Duration hold;
  // However badly it goes, the guest starts them by itself after so long.
  absl::Duration lease;
  // What clients see, a sentence each.
  std::vector<std::string> clients;
};

// Of bringing all that run of `services` to rest.
MailCost CostOfRest(absl::Span<const ServiceStatus> services,
                    absl::Duration lease, absl::Duration hold);

}  // namespace noonmark

#endif  // NOONMARK_HOST_POLICY_MAIL_COST_H_
