#ifndef NOONMARK_TESTS_SIMULATION_FAKE_UNITS_H_
#define NOONMARK_TESTS_SIMULATION_FAKE_UNITS_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/correct/guest_act.h"

namespace noonmark::simulation {

// What a unit does when it is told to, and what is known of it.
struct FakeUnit {
  SeenUnit seen;
  bool enabled = true;  // started at boot
  absl::Duration stop_takes = absl::Milliseconds(800);
  absl::Duration start_takes = absl::Milliseconds(500);
  absl::Duration ready_takes = absl::Milliseconds(300);
  // The next so many stops, starts end as failed; < 0: all.
  int failing_stops = 0;
  int failing_starts = 0;
  // The next so many are not even queued; end as canceled, the unit as it was.
  int refused_stops = 0;
  int refused_starts = 0;
  int canceled_stops = 0;
  int canceled_starts = 0;
  // The next stop never ends by itself: whoever waits gives up.
  bool hangs = false;
  // A process stays behind after the next stop.
  bool leaves_process = false;

  // --- the truth, for the checker ---
  // Our stop brought it down, and nobody has started it since.
  bool down_by_us = false;
  // A person stopped it: nobody of ours may start it.
  bool stopped_by_person = false;
  // It is to run: it ran before, or was started by somebody else.
  bool wanted = true;
  bool may_return = false;
  absl::Duration up_since;
  int starts_failed = 0;  // one after another, as planned
  // Our stop brought it down, and it has not been up since.
  bool owed = false;
};

// The part of systemd that matters: jobs with results, a start job that
// replaces a stop job, the hold that start jobs of mail units wait for. It dies
// with the machine alone.
class FakeUnits {
 public:
  // Runs `deed` in so much time of the guest, unless the guest boots meanwhile.
  using After = std::function<void(absl::Duration, std::function<void()>)>;
  // The result of a job: ok, and why not.
  using Result = std::function<void(bool)>;

  FakeUnits(After after, std::function<absl::Duration()> boottime);

  std::vector<FakeUnit>& All() { return units_; }
  const std::vector<FakeUnit>& All() const { return units_; }
  FakeUnit* Find(const std::string& name);
  void Add(const std::string& name, ServiceRole role, bool runs);

  void Stop(const std::string& name, absl::Duration limit, Result result);
  void Start(const std::string& name, absl::Duration limit, Result result);
  bool IsReady(const std::string& name);

  void BeginHold();
  void EndHold();
  bool Held() const { return held_; }

  // All processes are gone; enabled units start.
  void Boot();

  // Called when a unit has become active.
  void OnStarted(std::function<void(FakeUnit&)> hook) {
    on_started_ = std::move(hook);
  }

 private:
  struct Job {
    uint64_t number = 0;
    bool starts = false;
    bool queued = false;
    Result result;
  };
  Job& JobOf(const FakeUnit& unit);
  void Run(FakeUnit& unit);
  void Over(FakeUnit& unit, bool ok);
  void Limit(const std::string& name, absl::Duration limit, uint64_t job);

  After after_;
  std::function<absl::Duration()> boottime_;
  std::function<void(FakeUnit&)> on_started_;
  std::vector<FakeUnit> units_;
  std::vector<Job> jobs_;
  uint64_t next_job_ = 1;
  bool held_ = false;
  uint64_t holds_ = 0;
};

}  // namespace noonmark::simulation

#endif  // NOONMARK_TESTS_SIMULATION_FAKE_UNITS_H_
