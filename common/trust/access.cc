#include "common/trust/access.h"

#include <cstdint>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace noonmark {
namespace {

constexpr uint32_t Bit(Caller caller) {
  return uint32_t{1} << static_cast<int>(caller);
}

// A guest and nobody are in no row.
constexpr uint32_t kOrdersOfAgents =
    Bit(Caller::kHost) | Bit(Caller::kAgentSocket);
constexpr uint32_t kQuestionsToAgents =
    kOrdersOfAgents | Bit(Caller::kLoopback);
constexpr uint32_t kOrdersOfFleet =
    Bit(Caller::kOrderer) | Bit(Caller::kOperatorSocket);
constexpr uint32_t kQuestionsToFleet =
    kOrdersOfFleet | Bit(Caller::kOperator) | Bit(Caller::kReadSocket);

struct Row {
  absl::string_view method;
  uint32_t callers;
};

constexpr Row kTable[] = {
    {"/noonmark.v1.AgentService/Exchange", kQuestionsToAgents},
    {"/noonmark.v1.AgentService/Describe", kQuestionsToAgents},
    {"/noonmark.v1.AgentService/Quiesce", kOrdersOfAgents},
    {"/noonmark.v1.AgentService/Correct", kOrdersOfAgents},
    {"/noonmark.v1.AgentService/Resume", kOrdersOfAgents},
    {"/noonmark.v1.AgentService/Status", kOrdersOfAgents},
    {"/noonmark.v1.FleetService/ListGuests", kQuestionsToFleet},
    {"/noonmark.v1.FleetService/GetGuest", kQuestionsToFleet},
    {"/noonmark.v1.FleetService/PlanGuest", kQuestionsToFleet},
    {"/noonmark.v1.FleetService/WatchOperation", kQuestionsToFleet},
    {"/noonmark.v1.FleetService/GetReport", kQuestionsToFleet},
    {"/noonmark.v1.FleetService/WatchReport", kQuestionsToFleet},
    {"/noonmark.v1.FleetService/GetHealth", kQuestionsToFleet},
    {"/noonmark.v1.FleetService/CorrectGuest", kOrdersOfFleet},
    {"/noonmark.v1.FleetService/QuiesceGuest", kOrdersOfFleet},
    {"/noonmark.v1.FleetService/ResumeGuest", kOrdersOfFleet},
    {"/noonmark.v1.FleetService/HoldGuest", kOrdersOfFleet},
    {"/noonmark.v1.FleetService/ReleaseGuest", kOrdersOfFleet},
    {"/noonmark.v1.FleetService/HoldHost", kOrdersOfFleet},
    {"/noonmark.v1.FleetService/ReleaseHost", kOrdersOfFleet},
};

}  // namespace

absl::string_view CallerName(Caller caller) {
  switch (caller) {
    case Caller::kNobody:
      return "somebody without an identity";
    case Caller::kHost:
      return "a host";
    case Caller::kGuest:
      return "a guest";
    case Caller::kOperator:
      return "an operator who is not let order";
    case Caller::kOrderer:
      return "an operator who may order";
    case Caller::kAgentSocket:
      return "the agent's unix socket";
    case Caller::kReadSocket:
      return "the unix socket for reading";
    case Caller::kOperatorSocket:
      return "the operators' unix socket";
    case Caller::kLoopback:
      return "loopback without an identity";
  }
  return "?";
}

Caller CallerOf(Role role) {
  switch (role) {
    case Role::kHost:
      return Caller::kHost;
    case Role::kGuest:
      return Caller::kGuest;
    case Role::kOperator:
      return Caller::kOperator;
  }
  return Caller::kNobody;
}

namespace {

// Where those go who were refused; empty: nowhere.
absl::string_view Advice(Caller caller) {
  switch (caller) {
    case Caller::kReadSocket:
      return ": it is for those who only read; orders go to the operator's: "
             "/run/noonmark/operator.sock, for members of noonmark-operator";
    case Caller::kLoopback:
      return "; an agent takes orders over its unix socket, and over TLS from "
             "a "
             "host";
    case Caller::kNobody:
    case Caller::kHost:
    case Caller::kGuest:
    case Caller::kOperator:
    case Caller::kOrderer:
    case Caller::kAgentSocket:
    case Caller::kOperatorSocket:
      break;
  }
  return "";
}

}  // namespace

bool MayCall(Caller caller, absl::string_view method) {
  for (const Row& row : kTable) {
    if (row.method == method) return (row.callers & Bit(caller)) != 0;
  }
  return false;
}

absl::Status CheckAccess(Caller caller, absl::string_view method) {
  if (MayCall(caller, method)) return absl::OkStatus();
  constexpr size_t kMostShown = 80;
  const size_t name = method.rfind('/');
  return absl::PermissionDeniedError(absl::StrCat(
      absl::CHexEscape(
          method.substr(name == absl::string_view::npos ? 0 : name + 1)
              .substr(0, kMostShown)),
      " is not for ", CallerName(caller), Advice(caller)));
}

std::vector<absl::string_view> MethodsOfTable() {
  std::vector<absl::string_view> methods;
  for (const Row& row : kTable) methods.push_back(row.method);
  return methods;
}

}  // namespace noonmark
