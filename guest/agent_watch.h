#ifndef NOONMARK_GUEST_AGENT_WATCH_H_
#define NOONMARK_GUEST_AGENT_WATCH_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/time/clock.h"
#include "guest/corrector/client.h"
#include "guest/hunter/hunt_log.h"
#include "guest/hunter/set_counter.h"
#include "guest/mail/imap_login.h"
#include "guest/watch/log_watch.h"

namespace noonmark {

// The watch of this machine: its profiles, its journal, its probe account, its
// corrector, and syslog's facility mail. What cannot be read is told in the
// agent's own log, and the watch goes on without.
class AgentWatch {
 public:
  // All must outlive it. `hunt`: null, nobody hunts. `files`: what is read
  // where the journal may not be. `told` is called on a thread of the watch.
  AgentWatch(Clock* clock, const HuntLog* hunt, CorrectorClient* corrector,
             const std::vector<std::string>& files,
             std::function<void(const ToldJump& told)> told);
  AgentWatch(const AgentWatch&) = delete;
  AgentWatch& operator=(const AgentWatch&) = delete;

 private:
  uint64_t Glitches() const;

  Clock* const clock_;
  const HuntLog* const hunt_;
  CorrectorClient* const corrector_;
  std::optional<ProbeAccount> account_;
  SetCounter sets_;
  std::optional<LogWatch> watch_;
  std::optional<LogWatchThread> thread_;
};

}  // namespace noonmark

#endif  // NOONMARK_GUEST_AGENT_WATCH_H_
