#include "common/rpc/grpc_log.h"

#include <stdlib.h>

#include <grpc/support/log.h>

#include "absl/base/thread_annotations.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/runtime/log.h"
#include "common/runtime/system_clock.h"
#include "common/sync/mutex.h"

namespace noonmark {
namespace {

// Strangers make these: no more than a person reads.
class Budget {
 public:
  bool Take() ABSL_LOCKS_EXCLUDED(mutex_) {
    constexpr int kMost = 20;
    const MonotonicTime now = SystemClock().Now();
    const MutexLock lock(mutex_);
    if (now - since_ > absl::Minutes(1)) {
      since_ = now;
      told_ = 0;
    }
    return told_++ < kMost;
  }

 private:
  Mutex mutex_;
  MonotonicTime since_ ABSL_GUARDED_BY(mutex_);
  int told_ ABSL_GUARDED_BY(mutex_) = 0;
};

void Route(gpr_log_func_args* said) {
  const absl::string_view message = said->message;
  if (said->severity == GPR_LOG_SEVERITY_ERROR &&
      absl::StartsWith(message, "Handshake failed")) {
    static Budget& budget = *new Budget;
    if (budget.Take()) {
      LogWarning(absl::StrCat(
          "a TLS handshake failed: whoever it was has no certificate of an "
          "authority that is trusted here (ca.crt): ",
          message));
    }
    return;
  }
  LogDebug(said->message);
}

}  // namespace

void RouteGrpcLog() {
  if (getenv("GRPC_VERBOSITY") != nullptr) return;
  gpr_set_log_function(Route);
}

}  // namespace noonmark
