#ifndef NOONMARK_GUEST_DEMO_SCRIPTED_SERVICES_H_
#define NOONMARK_GUEST_DEMO_SCRIPTED_SERVICES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/correct/guest_act.h"
#include "common/correct/order.h"
#include "common/time/monotonic_time.h"

namespace noonmark {

// A service of an imaginary guest, and how it behaves.
struct ScriptedService {
  std::string unit;
  ServiceRole role = ServiceRole::kOther;
  absl::Duration stops_in = absl::Milliseconds(300);
  absl::Duration starts_in = absl::Milliseconds(300);
  bool would_not_stop = false;
  bool would_not_start = false;
  // Half a second after its start it sets the clock by so much; zero: it does
  // not.
  absl::Duration steps_after_start;
};

// Reads one:
//
//   UNIT=ROLE[,stop=TIME][,start=TIME][,would-not-stop][,would-not-start]
//       [,steps-after-start=SIZE]
//
// ROLE is mail-transfer, mail-store, time-daemon or other; TIME up to 60 s, as
// SIZE in the form of ParseFault().
//
// Errors:
//   kInvalidArgument  the message has the text, what is wrong with it and what
//                     is expected.
absl::StatusOr<ScriptedService> ParseScriptedService(const std::string& text);

// What such services do when they are told to stop and to start: their states
// as of a moment.
class ScriptedServices {
 public:
  explicit ScriptedServices(std::vector<ScriptedService> services);

  // How the job of a stop or a start ends, and when.
  struct Job {
    absl::Duration lasts;
    bool ok = false;
  };
  // A unit that is not listed fails at once.
  Job Stop(const std::string& unit, absl::Duration limit, MonotonicTime now);
  Job Start(const std::string& unit, absl::Duration limit, MonotonicTime now);

  std::vector<SeenUnit> Survey(MonotonicTime now) const;
  // Null: it is not listed.
  const ScriptedService* Find(const std::string& unit) const;

 private:
  struct Live {
    ScriptedService script;
    // From `since` on it is in `then`, before that in `now`.
    ServiceState now = ServiceState::kActive;
    ServiceState then = ServiceState::kActive;
    MonotonicTime since;

    ServiceState At(MonotonicTime when) const {
      return when < since ? now : then;
    }
  };
  Live* FindLive(const std::string& unit);

  std::vector<Live> services_;
};

}  // namespace noonmark

#endif  // NOONMARK_GUEST_DEMO_SCRIPTED_SERVICES_H_
