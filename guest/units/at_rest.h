#ifndef NOONMARK_GUEST_UNITS_AT_REST_H_
#define NOONMARK_GUEST_UNITS_AT_REST_H_

#include <cstdint>
#include <set>
#include <string>

#include "absl/status/statusor.h"

namespace noonmark {

// Where the proofs that a service rests are read.
struct ProofPaths {
  std::string cgroups = "/sys/fs/cgroup";
  std::string tcp = "/proc/net/tcp";
  std::string tcp6 = "/proc/net/tcp6";
};

// Whether a cgroup or one below it holds a process. One that is gone holds
// none.
//
// Errors: kUnavailable: it cannot be read.
absl::StatusOr<bool> HasProcesses(const ProofPaths& paths,
                                  const std::string& control_group);

// The ports at which this machine's TCP listens, whoever does. A kernel
// without IPv6 has no tcp6.
//
// Errors: kUnavailable: it cannot be read; kInternal: it is no such table.
absl::StatusOr<std::set<uint16_t>> ListeningPorts(const ProofPaths& paths);

}  // namespace noonmark

#endif  // NOONMARK_GUEST_UNITS_AT_REST_H_
