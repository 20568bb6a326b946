#ifndef NOONMARK_GUEST_SERVICE_AGENT_STATE_H_
#define NOONMARK_GUEST_SERVICE_AGENT_STATE_H_

#include <cstdint>
#include <functional>

#include "common/detect/guest_facts.h"
#include "common/rpc/caller.h"
#include "common/time/clock.h"
#include "common/trust/access.h"
#include "guest/describe/kernel_state.h"
#include "guest/hunter/hunt_log.h"
#include "guest/watch/jump_log.h"

namespace noonmark {

// What all calls to one agent share; of the loop's thread.
struct AgentState {
  Clock* clock;
  KernelState* kernel;
  std::function<GuestFacts()> describe;
  // Null: nobody hunts.
  const HuntLog* hunt = nullptr;
  // Null: nobody reads logs.
  const JumpLog* logs = nullptr;
  // As whom calls without a certificate come.
  Caller local = Caller::kNobody;
  // Whether the host of an open stream may still be there. Null: nobody asks.
  PeerRecheck still_trusted = nullptr;
  // How often the kernel said that CLOCK_REALTIME was set.
  uint64_t discontinuities = 0;
  // The queue is about to be shut down: begin nothing.
  bool stopping = false;
};

}  // namespace noonmark

#endif  // NOONMARK_GUEST_SERVICE_AGENT_STATE_H_
