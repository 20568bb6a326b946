#include "common/rpc/grpc_log.h"

#include <stdlib.h>

#include <grpc/support/log.h>

#include "common/runtime/log.h"

namespace noonmark {

void RouteGrpcLog() {
  if (getenv("GRPC_VERBOSITY") != nullptr) return;
  gpr_set_log_function(
      [](gpr_log_func_args* said) { LogDebug(said->message); });
}

}  // namespace noonmark
