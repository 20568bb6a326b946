#ifndef NOONMARK_HOST_CORRECT_HOST_IDENTITY_H_
#define NOONMARK_HOST_CORRECT_HOST_IDENTITY_H_

#include "absl/status/statusor.h"
#include "common/correct/order.h"

namespace noonmark {

// This boot of this machine, as its kernel names it: from /proc, or from the
// folder of `credentials` (systemd's) where that is not to be seen; null: none.
//   kUnavailable  it cannot be read; the message has the path and the cause.
absl::StatusOr<BootId> ReadHostBoot(const char* credentials);

// A name for an operation that no other has, by the kernel's chance.
OperationId NewOperationId();

}  // namespace noonmark

#endif  // NOONMARK_HOST_CORRECT_HOST_IDENTITY_H_
