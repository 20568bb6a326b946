#ifndef NOONMARK_GUEST_SERVICE_LISTEN_ADDRESS_H_
#define NOONMARK_GUEST_SERVICE_LISTEN_ADDRESS_H_

#include <string>

#include "absl/status/statusor.h"
#include "common/rpc/address.h"

namespace noonmark {

// Reads where an agent without identities may listen: on a unix socket, or on
// an IP of the loopback network with any port. This machine alone reaches it.
//
// Errors:
//   kInvalidArgument  no address, or one that others could reach: the message
//                     names the address, the cause and what to do.
absl::StatusOr<Address> ReadListenAddress(const std::string& text);

}  // namespace noonmark

#endif  // NOONMARK_GUEST_SERVICE_LISTEN_ADDRESS_H_
