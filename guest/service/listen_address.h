#ifndef NOONMARK_GUEST_SERVICE_LISTEN_ADDRESS_H_
#define NOONMARK_GUEST_SERVICE_LISTEN_ADDRESS_H_

#include <string>

#include "absl/status/statusor.h"
#include "common/rpc/address.h"

namespace noonmark {

// Reads where an agent may listen: on a unix socket, or, over TLS, on one IP of
// this machine. Not on all of them: an agent belongs on the network of its dom0
// alone.
//
// Errors:
//   kInvalidArgument  no address, or one that is not for listening: the message
//                     names the address, the cause and what to do.
absl::StatusOr<Address> ReadListenAddress(const std::string& text);

// The same where peers have no identities, for demos: a unix socket, or an IP
// of the loopback network.
absl::StatusOr<Address> ReadLocalAddress(const std::string& text);

}  // namespace noonmark

#endif  // NOONMARK_GUEST_SERVICE_LISTEN_ADDRESS_H_
