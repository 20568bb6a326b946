#ifndef NOONMARK_TESTS_COMMON_DETECT_WATCHED_GUEST_H_
#define NOONMARK_TESTS_COMMON_DETECT_WATCHED_GUEST_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/detect/guest_assessor.h"
#include "common/detect/host_tracker.h"
#include "tests/support/virtual_machine.h"

namespace noonmark::testing {

// A host and a guest in virtual time, and the judgement over them, asked as the
// monitor asks: bursts of 8, one after another; 8 within a second as long as
// something is suspected.
class WatchedGuest {
 public:
  struct Options {
    Options() { host.trust = HostTrust::kDeclared; }

    HostOptions host;
    AssessorOptions guest;
  };
  explicit WatchedGuest(const Options& options);
  WatchedGuest() : WatchedGuest(Options{}) {}

  // A poll as it comes up every 5 s, to its end; then what is left of the 5 s.
  void Poll();
  void Polls(int n) {
    for (int i = 0; i < n; ++i) Poll();
  }
  // One burst, without the pause after it.
  void Burst();
  // Time passes, nothing is asked.
  void Pass(absl::Duration d) { pair.now += d; }

  // What happens just before the n-th exchange from now, 0 the next.
  void BeforeExchange(int n, std::function<void()> what);

  // What happens within the next exchange: 1, before the guest reads its clocks
  // first; 2, before it does so again; 3, before the host does.
  void WithinExchange(int reading, std::function<void()> what);

  void StepHost(absl::Duration by) { pair.host.SetRealtime(pair.now, by); }
  void SetGuest(absl::Duration by, bool told = true) {
    pair.guest.SetRealtime(pair.now, by, told);
  }
  void LeapGuest(absl::Duration by) { pair.guest.Leap(pair.now, by); }
  MonotonicTime Now() {
    return MonotonicTime::FromReading(pair.host.Read(pair.now).monotonic);
  }

  // Names of all findings, active before past: "clock-set", and past ones in
  // brackets: "(clock-set)".
  std::vector<std::string> Codes() const;
  // Fails the test where there is none.
  Finding Get(FindingCode code) const;
  // Of all bursts so far, and whether one was among them.
  bool Was(Verdict verdict) const;
  void ForgetVerdicts() { verdicts_.clear(); }
  // The guest's clock is where it is claimed to be.
  bool OffsetHolds() const;

  VirtualPair pair;
  Way way;
  HostTracker host;
  GuestAssessor guest;
  // The kernel's word on the host; absent: unsynchronised.
  std::optional<KernelDiscipline> discipline;
  // Changes the exchange before it is given on.
  std::function<void(Exchange&)> tamper;
  int exchanges = 0;

 private:
  bool Ask();
  void LookAtHost(const ClockReading& reading);

  struct Event {
    int at;
    std::function<void()> what;
  };
  std::vector<Event> events_;
  std::vector<Verdict> verdicts_;
  std::vector<ExactTime> truths_;
};

}  // namespace noonmark::testing

#endif  // NOONMARK_TESTS_COMMON_DETECT_WATCHED_GUEST_H_
