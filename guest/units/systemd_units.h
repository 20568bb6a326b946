#ifndef NOONMARK_GUEST_UNITS_SYSTEMD_UNITS_H_
#define NOONMARK_GUEST_UNITS_SYSTEMD_UNITS_H_

#include <systemd/sd-bus.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "guest/units/event_loop.h"
#include "guest/units/unit_manager.h"

namespace noonmark {

// systemd over D-Bus. A connection that is lost is made anew with the next
// call. In this order: subscribed, the end of jobs listened for, then a job
// queued; so no end is missed.
class SystemdUnits : public UnitManager {
 public:
  // How it is reached.
  enum class Way : uint8_t {
    // The system bus; a test's by $DBUS_SYSTEM_BUS_ADDRESS.
    kBus,
    // systemd's own socket, for root alone, where there is one: it needs no
    // bus. Else, and where the environment names a bus, the system bus.
    kOwnSocket,
  };

  explicit SystemdUnits(EventLoop* loop, Way way = Way::kBus);
  ~SystemdUnits() override;

  void Order(UnitVerb verb, const std::string& unit, absl::Duration limit,
             std::function<void(absl::Status)> queued,
             std::function<void(absl::Status)> done) override;
  void Look(const std::string& unit,
            std::function<void(absl::StatusOr<UnitFacts>)> then) override;
  void Match(const std::string& pattern,
             std::function<void(absl::StatusOr<std::vector<std::string>>)> then)
      override;

  // Kills a service's main process, by SIGKILL. Errors: as of Order().
  void Kill(const std::string& unit, std::function<void(absl::Status)> then);

 private:
  struct Job {
    std::string unit;
    std::string path;  // empty: not queued yet
    std::function<void(absl::Status)> done;
    EventLoop::Source limit;
  };
  struct BusClose {
    void operator()(sd_bus* bus) const { sd_bus_close_unref(bus); }
  };
  using Reply = std::function<void(sd_bus_message*)>;

  absl::Status Connect();
  absl::Status Open();
  absl::Status Watch();
  // A method of the manager, or the properties of a unit.
  absl::Status Call(const char* path, const char* interface, const char* method,
                    const std::function<int(sd_bus_message*)>& arguments,
                    Reply reply);
  void JobRemoved(const std::string& path, const std::string& result);
  void Finish(uint64_t job, const absl::Status& status);
  void Disconnected();

  EventLoop* const loop_;
  const Way way_;
  std::unique_ptr<sd_bus, BusClose> bus_;
  std::map<uint64_t, Job> jobs_;
  uint64_t next_job_ = 1;
};

}  // namespace noonmark

#endif  // NOONMARK_GUEST_UNITS_SYSTEMD_UNITS_H_
