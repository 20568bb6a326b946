#ifndef NOONMARK_GUEST_CORRECTOR_PLACES_H_
#define NOONMARK_GUEST_CORRECTOR_PLACES_H_

#include <string>

#include "common/runtime/journal_file.h"

namespace noonmark {

// Where noonmark-corrector and noonmark-resume keep what the other reads. Each
// writes in its own folders alone; those in /run last to the end of the boot,
// whoever dies.
struct CorrectorPlaces {
  std::string state = "/var/lib/noonmark-corrector";
  std::string runtime = "/run/noonmark-corrector";
  std::string resume_state = "/var/lib/noonmark-resume";
  std::string resume_runtime = "/run/noonmark-resume";

  // The corrector's. Its file on the disk is read by the corrector's user and
  // by root.
  JournalPaths Journal() const {
    return {.disk = state + "/journal", .copy = runtime + "/journal"};
  }
  // Of noonmark-resume, which is root: a mark for each time that it brought
  // services back. The corrector reads it.
  JournalPaths Marks() const {
    return {.disk = resume_state + "/marks",
            .copy = resume_runtime + "/marks",
            .mode = 0644};
  }
  // See "The lock" in common/correct/guest_act.h.
  std::string Lock() const { return runtime + "/lock"; }
  std::string Socket() const { return runtime + "/corrector.sock"; }
  // What an operator's hook is told: "PHASE AMOUNT LEASE", a line.
  std::string Hook() const { return runtime + "/hook"; }
};

// Units of ours, by which both act.
inline constexpr char kCorrectorUnit[] = "noonmark-corrector.service";
inline constexpr char kHoldUnit[] = "noonmark-hold.service";
inline constexpr char kResumeTimer[] = "noonmark-resume.timer";

// The unit that runs a profile's action of a phase: "before-start", "step",
// "unannounced".
inline std::string ActionUnit(const std::string& profile,
                              const std::string& phase) {
  return "noonmark-action@" + profile + "-" + phase + ".service";
}

}  // namespace noonmark

#endif  // NOONMARK_GUEST_CORRECTOR_PLACES_H_
