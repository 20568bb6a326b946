#ifndef NOONMARK_GUEST_UNITS_UNIT_MANAGER_H_
#define NOONMARK_GUEST_UNITS_UNIT_MANAGER_H_

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/correct/order.h"

namespace noonmark {

// One look at a unit.
struct UnitFacts {
  // The manager has its file. A unit without one may still run.
  bool is_loaded = false;
  ServiceState state = ServiceState::kInactive;
  bool can_reload = false;
  // Of a service: below the root of cgroups, "/system.slice/dovecot.service";
  // empty: it has none, so no process either.
  std::string control_group;
  // Of a socket unit: the TCP ports that it listens at.
  std::set<uint16_t> ports;
};

enum class UnitVerb : uint8_t { kStart, kStop, kReload };

// The seam to whoever starts and stops services: systemd, or a test's.
//
// Nothing here waits: what comes of a call is told to its function, once, on
// the thread of the loop and never from within the call. All units are exact
// names, except Match()'s.
class UnitManager {
 public:
  virtual ~UnitManager() = default;

  // Queues a job, in the place of one that is queued, and awaits its end.
  // `queued` (may be empty) is told first whether there is a job; `done` is
  // told its result. OK is "done", which for a start means that the unit is
  // active, for a stop that it is not.
  //
  // Errors:
  //   kAborted           the job ended as "canceled", "timeout", "failed",
  //                      "dependency" or "skipped", which the message names.
  //   kDeadlineExceeded  no end within `limit`; the job goes on.
  //   kPermissionDenied, kNotFound  there was no job: this process may not,
  //                      or there is no such unit.
  //   kUnavailable       the manager cannot be reached or went away.
  //   kInternal          it refused otherwise.
  virtual void Order(UnitVerb verb, const std::string& unit,
                     absl::Duration limit,
                     std::function<void(absl::Status)> queued,
                     std::function<void(absl::Status)> done) = 0;

  // Errors: kUnavailable, kInternal, as above. A unit that does not exist is
  // one that is not loaded, and no error.
  virtual void Look(const std::string& unit,
                    std::function<void(absl::StatusOr<UnitFacts>)> then) = 0;

  // The units that the manager knows, by a pattern: "postfix@*.service".
  virtual void Match(
      const std::string& pattern,
      std::function<void(absl::StatusOr<std::vector<std::string>>)> then) = 0;
};

}  // namespace noonmark

#endif  // NOONMARK_GUEST_UNITS_UNIT_MANAGER_H_
