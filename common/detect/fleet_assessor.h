#ifndef NOONMARK_COMMON_DETECT_FLEET_ASSESSOR_H_
#define NOONMARK_COMMON_DETECT_FLEET_ASSESSOR_H_

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "common/detect/core_input.h"
#include "common/detect/guest_assessor.h"
#include "common/detect/host_tracker.h"

namespace noonmark {

// What is thought of a host and all its guests: the whole core behind one door.
// Inputs go in one by one and nothing else does, no clock and no chance: the
// same inputs give the same thoughts, in the daemon, in the simulator and from
// a trace.
class FleetAssessor {
 public:
  FleetAssessor(const HostOptions& host, const AssessorOptions& guests)
      : guest_options_(guests), unjudged_(host.unjudged), host_(host) {}

  // `record` sees each input before it takes effect.
  void OnInput(std::function<void(const CoreInput&)> record) {
    record_ = std::move(record);
  }

  struct Effect {
    // The host's own state changed, and with it all guests': it was set, or
    // slept.
    bool host_moved = false;
    // Of the guest that the input is about: something is suspected, or wants to
    // be confirmed: ask it again at once.
    bool ask_again = false;
    // Its counter, or another's, seems to leap against the host's: the other
    // guests can tell whose it was. Ask some of them now.
    bool ask_others = false;
    // Something is said now of others than the input is about: whose leap it
    // was, or that they were set alike.
    bool others_judged = false;
  };
  Effect Apply(const CoreInput& input);

  const HostTracker& host() const { return host_; }
  // What is thought of a guest; one that no input was about is not known yet.
  const GuestAssessor& guest(const std::string& uuid) { return Guest(uuid); }
  // True once after something about this guest that a person would want to see
  // at once.
  bool TakeNews(const std::string& uuid) { return Guest(uuid).TakeNews(); }
  // By UUID.
  const std::map<std::string, GuestAssessor>& guests() const { return guests_; }

 private:
  GuestAssessor& Guest(const std::string& uuid) {
    const auto [it, fresh] = guests_.try_emplace(uuid, guest_options_);
    if (fresh) it->second.OnListening(listening_);
    return it->second;
  }
  bool LookAtHost(const ClockReading& reading);
  void CountUnjudged(MonotonicTime now);
  void AttributeRates(MonotonicTime now);
  // `input`: whom the input is about, for `effect`.
  void AttributeLeaps(const GuestAssessor& input, MonotonicTime now,
                      Effect& effect);
  LeapBlame BlameOthersTell(const GuestAssessor& guest, const SeenLeap& leap,
                            MonotonicTime now);
  void CountSetsAlike(GuestAssessor& guest, Effect& effect);
  void BlameHostForLeap(const SeenLeap& leap, size_t alike, MonotonicTime now);

  Effect On(const HostReadingInput& input);
  Effect On(const DisciplineInput& input);
  Effect On(const ChronyInput& input);
  Effect On(const PolicyInput& input);
  Effect On(const StreamInput& input);
  Effect On(const ExchangeInput& input);
  Effect On(const BurstEndInput& input);
  Effect On(const SilenceInput& input);
  Effect On(const PausedInput& input);
  Effect On(const LifecycleInput& input);
  Effect On(const TscInput& input);
  Effect On(const ListeningInput& input);
  Effect On(const GoneInput& input);

  AssessorOptions guest_options_;
  UnjudgedBudget unjudged_;
  HostTracker host_;
  // Since when libvirt's events are heard.
  std::optional<MonotonicTime> listening_;
  // When rates were attributed last, and how many there were.
  std::optional<MonotonicTime> attributed_;
  size_t claims_ = 0;
  // Some guest's leap waits for a word of whose it is.
  bool leaps_ = false;
  // The host's last one, as guests see it; those that see it later are not
  // blamed.
  std::optional<SeenLeap> host_leap_;
  std::map<std::string, GuestAssessor> guests_;
  std::function<void(const CoreInput&)> record_;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_DETECT_FLEET_ASSESSOR_H_
