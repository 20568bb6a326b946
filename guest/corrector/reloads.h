#ifndef NOONMARK_GUEST_CORRECTOR_RELOADS_H_
#define NOONMARK_GUEST_CORRECTOR_RELOADS_H_

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/correct/service_profile.h"
#include "guest/units/event_loop.h"
#include "guest/units/unit_manager.h"

namespace noonmark {

// What the watchman asks for: a service suffers from a step of the clock that
// nobody announced. Units of its profile that failed are started. Then its
// action for that runs, noonmark-action@PROFILE-unannounced.service, where its
// profile has one; else its units are reloaded. Who dies of the step may do so
// after saying that it suffers: for kAftercare its units are looked at, and
// each that fails is started once.
class Reloads {
 public:
  static constexpr absl::Duration kAftercare = absl::Seconds(10);

  // `may_start`: whether nobody lets services rest, asked before each start.
  Reloads(EventLoop* loop, UnitManager* units,
          const std::vector<ServiceProfile>* profiles,
          std::function<bool()> may_start)
      : loop_(loop),
        units_(units),
        profiles_(profiles),
        may_start_(std::move(may_start)) {}

  // OK: it was begun; how it ends is logged.
  //
  // Errors: kFailedPrecondition: no such profile is listed, or its last reload
  // is not over.
  absl::Status Begin(const std::string& profile);

 private:
  using Names = std::vector<std::string>;

  void Look(const ServiceProfile& profile, const Names& units);
  void Act(const ServiceProfile& profile, const Names& units);
  void LookAfter(const Names& units, absl::Duration left);
  void StartIfFailed(const std::string& unit, absl::Duration left);

  EventLoop* const loop_;
  UnitManager* const units_;
  const std::vector<ServiceProfile>* const profiles_;
  const std::function<bool()> may_start_;
  std::set<std::string> under_way_;
};

}  // namespace noonmark

#endif  // NOONMARK_GUEST_CORRECTOR_RELOADS_H_
