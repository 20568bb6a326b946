#ifndef NOONMARK_COMMON_CORRECT_UNIT_RETURN_H_
#define NOONMARK_COMMON_CORRECT_UNIT_RETURN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/correct/guest_act.h"

namespace noonmark {

// The way back of units that were stopped: each is started when its turn has
// come, asked until it serves, and tried three times if it does not start (at
// once, after 5 s, after 20 s).
class UnitReturn {
 public:
  // Nobody had it started yet.
  void Add(const SeenUnit& unit);

  // What is due of units up to this rank (ReturnRank): StartUnit, AskReady.
  std::vector<GuestAct> Next(int rank, absl::Duration boottime);
  void Started(const std::string& unit, bool ok, absl::Duration boottime);
  // Nobody could be asked to start it: that was no try, and it is again soon.
  void NotHeard(const std::string& unit, absl::Duration boottime);
  void Asked(const std::string& unit, bool ok, absl::Duration boottime);

  // Those up to this rank serve, or there is no point in making the next wait
  // for them.
  bool Tried(int rank) const;
  // Each serves, or will not be tried again.
  bool Over() const;
  // Those that are not back for good.
  std::vector<std::string> Failed() const;
  // When something is due that Next() would not have now; infinite: nothing.
  absl::Duration NextMoment(int rank) const;

 private:
  enum class State : uint8_t {
    kDown,      // to be started at `due`
    kStarting,  // its job is under way
    kStarted,   // to be asked at `due`
    kAsking,
    kServes,
    kFailed,
  };
  struct Unit {
    std::string name;
    int rank = 0;
    absl::Duration limit;
    State state = State::kDown;
    int starts = 0;
    absl::Duration due = -absl::InfiniteDuration();
    absl::Duration started;  // when its first start was over
    absl::Duration first_start;
  };

  Unit* Find(const std::string& name);

  std::vector<Unit> units_;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_CORRECT_UNIT_RETURN_H_
