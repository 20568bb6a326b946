#ifndef NOONMARK_COMMON_RPC_ADDRESS_H_
#define NOONMARK_COMMON_RPC_ADDRESS_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace noonmark {

// What the kernel takes as the path of a socket.
inline constexpr size_t kLongestSocketPath = 107;

// Where somebody listens: a unix socket, or a host and a port.
struct Address {
  // Reads "unix:PATH", "HOST:PORT" or "[V6]:PORT". PATH is absolute and at most
  // kLongestSocketPath bytes; HOST is an IPv4 address or a name; PORT is 0 to
  // 65535, where 0 lets the kernel choose and is for listeners alone.
  //
  // Errors:
  //   kInvalidArgument  the message has the text, what is wrong with it and
  //                     what is expected.
  static absl::StatusOr<Address> Parse(const std::string& text);

  bool IsUnix() const { return !path.empty(); }
  // A number that never leaves this machine: 127.0.0.0/8, ::1, or the former
  // written in IPv6. Names are not, "localhost" neither: what they mean is up
  // to a resolver.
  bool IsLoopback() const;

  // As Parse() reads it, and as gRPC's servers take it.
  std::string ToString() const;
  // As gRPC's channels take it. Numbers are asked of no resolver.
  std::string ChannelTarget() const;

  // Not empty: a unix socket, and the others mean nothing.
  std::string path;
  // Without brackets.
  std::string host;
  uint16_t port = 0;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_RPC_ADDRESS_H_
