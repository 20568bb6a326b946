#ifndef NOONMARK_TESTS_SUPPORT_VIRTUAL_FLEET_H_
#define NOONMARK_TESTS_SUPPORT_VIRTUAL_FLEET_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/correct/order.h"
#include "host/guests/guest_link.h"
#include "host/monitor/monitor.h"
#include "host/monitor/snapshot_board.h"
#include "tests/support/fake_clock.h"

namespace noonmark::testing {

// What a guest of a virtual fleet does when it is asked.
enum class Behaviour {
  kAnswers,
  kIsSilent,       // the connection is open, no answer comes
  kRefuses,        // nobody listens
  kTalksNonsense,  // the connection ends with kInvalidArgument
  kOvertaxes,      // it never opens, and ends with kAborted
};

// A guest: clocks, an agent, and the way to it.
struct VirtualGuest {
  FakeClock clock;
  Behaviour behaviour = Behaviour::kAnswers;
  absl::Duration delay_out = absl::Microseconds(80);
  absl::Duration delay_back = absl::Microseconds(120);
  std::string boot_id = "boot-1";
  std::string clocksource = "xen";
  uint64_t discontinuities = 0;
  // Added to all clocks of the next reading at T2, at T3: one misread.
  absl::Duration glitch_received;
  absl::Duration glitch_sent;
  // So much is another processor ahead, which answers every third question.
  absl::Duration other_processor;
  int dials = 0;
  int asked = 0;
  // What is done by an order, and told of it. It is silent where the guest is.
  std::function<absl::StatusOr<OperationStatus>(const Order&)> obey =
      [](const Order&) {
        return absl::FailedPreconditionError("nobody may correct its clock");
      };

  // REALTIME is set, as the kernel would tell the agent.
  void SetClock(absl::Duration by) {
    clock.Step(by);
    ++discontinuities;
  }
};

// One host with its monitor and guests in virtual time: nothing waits, and the
// same calls give the same ends.
class VirtualFleet final : private GuestDialer {
 public:
  explicit VirtualFleet(MonitorOptions options);
  ~VirtualFleet() override;

  // A running domain whose agent is reached at unix:/NAME. Its clocks start as
  // the host's. Tell() makes the monitor know.
  VirtualGuest& AddGuest(const std::string& name);
  Domain& domain(const std::string& name) { return domains_.at(name); }
  void RemoveGuest(const std::string& name);
  // As libvirt lists them.
  void Tell();
  // The agent notices a set: its event arrives at once.
  void SendEvent(const std::string& name);
  // The connection breaks, where there is one.
  void Disconnect(const std::string& name);

  FakeClock& host() { return host_; }
  std::optional<KernelDiscipline>& discipline() { return discipline_; }
  Monitor& monitor() { return *monitor_; }

  void Run(absl::Duration true_time);

  // As published last; fails the test where there is none.
  std::shared_ptr<const HostSnapshot> snapshot() const {
    return board_.Latest();
  }
  // Null: not in the snapshot.
  std::shared_ptr<const GuestRow> row(const std::string& name) const;

 private:
  class Link;

  std::unique_ptr<GuestLink> Dial(const std::string& address,
                                  const std::string& uuid,
                                  GuestLink::Observer* observer) override;
  void At(absl::Duration from_now, std::function<void()> happen);

  MonitorOptions options_;
  FakeClock host_;
  std::optional<KernelDiscipline> discipline_;
  absl::Duration true_time_;
  std::multimap<absl::Duration, std::function<void()>> events_;
  std::map<std::string, std::unique_ptr<VirtualGuest>> guests_;
  std::map<std::string, Domain> domains_;
  std::map<std::string, Link*> links_;
  SnapshotBoard board_;
  std::unique_ptr<Monitor> monitor_;
  MonotonicTime due_;
};

}  // namespace noonmark::testing

#endif  // NOONMARK_TESTS_SUPPORT_VIRTUAL_FLEET_H_
