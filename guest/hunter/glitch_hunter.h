#ifndef NOONMARK_GUEST_HUNTER_GLITCH_HUNTER_H_
#define NOONMARK_GUEST_HUNTER_GLITCH_HUNTER_H_

#include <functional>
#include <stop_token>
#include <thread>

#include "common/time/clock.h"
#include "common/time/wall_triple.h"
#include "guest/hunter/hunt_log.h"

namespace noonmark {

// A thread that looks for single wrong readings of the wall clock: every 160 ms
// it reads 880 triples just after a tick, a second long on one vCPU and then on
// the next: waking is what costs, so it wakes seldom and reads much. A fault in
// one reading of 10^4 is then found with 99 % in 9 s (benchmark hunt_speed).
// What it costs is in guest/README.md.
class GlitchHunter {
 public:
  // Hunts from now on. `found` is called on the hunter's thread when a glitch
  // is in the log, at most once a second. All must outlive the hunter.
  GlitchHunter(WallTripleSource* source, Clock* clock, HuntLog* log,
               std::function<void()> found);
  // Ends within 200 ms.
  ~GlitchHunter() = default;

 private:
  void Hunt(const std::stop_token& stop);

  WallTripleSource* const source_;
  Clock* const clock_;
  HuntLog* const log_;
  const std::function<void()> found_;
  std::jthread thread_;
};

}  // namespace noonmark

#endif  // NOONMARK_GUEST_HUNTER_GLITCH_HUNTER_H_
