#ifndef NOONMARK_COMMON_CORRECT_SERVICE_PROFILE_H_
#define NOONMARK_COMMON_CORRECT_SERVICE_PROFILE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/correct/order.h"

namespace noonmark {

// What a kind of service needs before and after its clock is moved: data, one
// file a profile (guest/mail/profile.h reads them and documents each key).
struct ServiceProfile {
  std::string name;
  // Mail transfer stops first and starts last, the time daemon the other way
  // round; "other" stops before and starts after all of them.
  ServiceRole role = ServiceRole::kOther;
  // Exact names; a template's instances by "NAME@*.service".
  std::vector<std::string> units;
  // Stay up while it rests, if they run: clients wait instead of being refused.
  std::vector<std::string> sockets;
  absl::Duration stop_limit = absl::Seconds(30);
  absl::Duration ready_limit = absl::Seconds(30);
  // Nobody but a socket unit may listen there while it rests.
  std::vector<uint16_t> ports;

  // When it serves.
  enum class ReadyBy : uint8_t {
    kActive,   // its unit is active
    kSockets,  // and each of `ready_paths` accepts a connection
    kLogin,    // and an IMAP login by the probe account gets through
  };
  ReadyBy ready_by = ReadyBy::kActive;
  std::vector<std::string> ready_paths;
  // A time daemon: after its start it may use a right to step for so long,
  // unless the kernel says before that its clock is synchronised, where that
  // word of the daemon's is worth anything.
  absl::Duration settle = absl::Seconds(10);
  bool kernel_tells = true;

  // Whether noonmark-action@PROFILE-PHASE.service is there for the phase.
  bool acts_before_start = false;      // the clock was moved, it still rests
  bool acts_after_step = false;        // it serves again
  bool acts_when_unannounced = false;  // a step that nobody announced
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_CORRECT_SERVICE_PROFILE_H_
