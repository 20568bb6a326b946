#ifndef NOONMARK_TESTS_SUPPORT_SIGNAL_CHILD_H_
#define NOONMARK_TESTS_SUPPORT_SIGNAL_CHILD_H_

#include <signal.h>
#include <sys/types.h>

#include <cstdlib>

namespace noonmark::testing {

// kill(2) of one process that a test started and has not waited for yet. A pid
// below 1, as of a fork that failed, would mean a group or, for root, every
// process of the machine: the test is aborted instead.
inline void SignalChild(pid_t child, int signal) {
  if (child < 1) std::abort();
  kill(child, signal);
}

}  // namespace noonmark::testing

#endif  // NOONMARK_TESTS_SUPPORT_SIGNAL_CHILD_H_
