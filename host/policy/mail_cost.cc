#include "host/policy/mail_cost.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace noonmark {
namespace {

// A stop and a start of Dovecot and Postfix, as measured at normal speed.
constexpr absl::Duration kUsualLeast = absl::Seconds(2);
constexpr absl::Duration kUsualMost = absl::Seconds(4);

int Turn(ServiceRole role) {
  switch (role) {
    case ServiceRole::kOther:
      return 0;
    case ServiceRole::kMailTransfer:
      return 1;
    case ServiceRole::kMailStore:
      return 2;
    case ServiceRole::kTimeDaemon:
      return 3;
  }
  return 0;
}

std::vector<std::string> Clients(const std::vector<RestingService>& rests) {
  std::vector<std::string> waiting;
  std::vector<std::string> refused;
  bool sessions = false;
  for (const RestingService& service : rests) {
    if (service.role == ServiceRole::kTimeDaemon) continue;
    (service.clients_wait ? waiting : refused).push_back(service.unit);
    sessions |= service.role == ServiceRole::kMailStore;
  }
  std::vector<std::string> clients;
  if (sessions) {
    clients.push_back(
        "Open IMAP and POP3 sessions are ended properly, and clients connect "
        "again by themselves.");
  }
  if (!waiting.empty()) {
    clients.push_back(absl::StrCat("Who connects to ",
                                   absl::StrJoin(waiting, ", "),
                                   " meanwhile waits until it is back."));
  }
  if (!refused.empty()) {
    clients.push_back(absl::StrCat(
        "Who connects to ", absl::StrJoin(refused, ", "),
        " meanwhile is refused, where no socket unit keeps the port open; mail "
        "that other servers bring is kept there and tried again."));
  }
  return clients;
}

}  // namespace

std::string_view RoleName(ServiceRole role) {
  switch (role) {
    case ServiceRole::kMailTransfer:
      return "mail transfer";
    case ServiceRole::kMailStore:
      return "mail store";
    case ServiceRole::kTimeDaemon:
      return "time daemon";
    case ServiceRole::kOther:
      return "other";
  }
  return "";
}

MailCost CostOfRest(absl::Span<const ServiceStatus> services,
                    absl::Duration lease, absl::Duration hold) {
  MailCost cost;
  for (const ServiceStatus& service : services) {
    if (service.state != ServiceState::kActive &&
        service.state != ServiceState::kStarting) {
      continue;
    }
    cost.rests.push_back({service.unit, service.role, service.has_socket});
  }
  std::stable_sort(cost.rests.begin(), cost.rests.end(),
                   [](const RestingService& a, const RestingService& b) {
                     return Turn(a.role) < Turn(b.role);
                   });
  if (cost.rests.empty()) return cost;
  cost.lease = lease;
  cost.hold = hold;
  cost.usual = {kUsualLeast + hold, kUsualMost + hold};
  cost.clients = Clients(cost.rests);
  return cost;
}

}  // namespace noonmark
