#ifndef NOONMARK_COMMON_TRUST_ACCESS_H_
#define NOONMARK_COMMON_TRUST_ACCESS_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/trust/identity.h"

namespace noonmark {

// As whom a call came, which the way it came by tells.
enum class Caller {
  kNobody,          // by none of those below
  kHost,            // by TLS, with a host's certificate
  kGuest,           // ... a guest's
  kOperator,        // ... an operator's
  kOrderer,         // ... of an operator whom the configuration lets order
  kAgentSocket,     // by an agent's unix socket, which its owner alone may use
  kReadSocket,      // by noonmarkd's, which the group noonmark may use
  kOperatorSocket,  // by noonmarkd's, which the group noonmark-operator may use
  kLoopback,        // by the loopback network: anybody of this machine
};
inline constexpr Caller kAllCallers[] = {
    Caller::kNobody,     Caller::kHost,           Caller::kGuest,
    Caller::kOperator,   Caller::kOrderer,        Caller::kAgentSocket,
    Caller::kReadSocket, Caller::kOperatorSocket, Caller::kLoopback};

// "a host", "the socket for reading".
absl::string_view CallerName(Caller caller);
// Of a certificate, where nothing is configured.
Caller CallerOf(Role role);

// The one table of who may call what. `method` as gRPC has it:
// "/noonmark.v1.AgentService/Exchange". What is not in the table nobody may.
bool MayCall(Caller caller, absl::string_view method);

// The same. Errors: kPermissionDenied, for the caller to read.
absl::Status CheckAccess(Caller caller, absl::string_view method);

// The methods of the table, in its order.
std::vector<absl::string_view> MethodsOfTable();

}  // namespace noonmark

#endif  // NOONMARK_COMMON_TRUST_ACCESS_H_
