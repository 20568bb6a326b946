#ifndef NOONMARK_TESTS_INTEGRATION_REAL_HOST_H_
#define NOONMARK_TESTS_INTEGRATION_REAL_HOST_H_

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "noonmark/v1/fleet.grpc.pb.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_directory.h"

namespace noonmark::testing {

// A program of this build: "noonmarkd".
std::string Program(const std::string& name);

// One dom0 of real processes in a temporary folder: noonmarkd on libvirt's test
// driver with domains of its own, an agent behind each guest that is given one.
// It polls every second, and is declared right unless told otherwise.
class RealHost {
 public:
  explicit RealHost(std::string name = "dom0-a") : name_(std::move(name)) {}

  // A running domain whose metadata say that its agent is at a socket of its
  // own, or at `address` (as it stands in XML; empty: no metadata).
  void AddGuest(const std::string& name);
  void AddGuest(const std::string& name, const std::string& address);
  // Where a guest's agent is expected.
  std::string AgentSocket(const std::string& name) const;

  // Each returns when it listens.
  void StartAgent(const std::string& name);
  void StartDemoAgent(const std::string& name,
                      const std::vector<std::string>& faults,
                      const std::vector<std::string>& services = {});
  ChildProcess& agent(const std::string& name) { return *agents_.at(name); }

  // Lines of the configuration instead of the usual ones, by table:
  // "trust = \"proven\"" for "host".
  void Configure(const std::string& table, const std::string& lines) {
    config_[table] = lines;
  }
  // noonmarkd; returns when it listens.
  void Start();
  ChildProcess& daemon() { return *daemon_; }
  // It and its workers, as they are now.
  std::vector<pid_t> DaemonProcesses() const;
  // A noonmarkd more, of the same configuration.
  std::unique_ptr<ChildProcess> AnotherDaemon() const;

  const std::string& name() const { return name_; }
  std::string socket() const { return folder_.Path("read.sock"); }
  std::string address() const { return "unix:" + socket(); }
  std::string operators() const {
    return "unix:" + folder_.Path("operator.sock");
  }
  const TemporaryDirectory& folder() const { return folder_; }
  std::unique_ptr<v1::FleetService::Stub> Stub() const;

  // The first report, of those that a watcher is told, for which `condition`
  // holds. There is none for `patience`: the test fails, with the last.
  using Condition = std::function<bool(const v1::HostReport&)>;
  v1::HostReport WaitUntil(
      const Condition& condition,
      std::chrono::seconds patience = ChildProcess::kPatience) const;
  // The same for one guest.
  v1::Guest WaitUntil(
      const std::string& guest,
      const std::function<bool(const v1::Guest&)>& condition,
      std::chrono::seconds patience = ChildProcess::kPatience) const;
  // The same for what is planned for one guest.
  void WaitUntilPlanned(
      const std::string& guest, v1::PlanWay way,
      std::chrono::seconds patience = ChildProcess::kPatience) const;

  // What noonmark says of this host.
  Outcome Noonmark(std::vector<std::string> arguments) const;
  // The same over the operators' socket.
  Outcome Order(std::vector<std::string> arguments,
                std::chrono::seconds patience = ChildProcess::kPatience) const;

 private:
  void WriteConfig() const;

  const std::string name_;
  TemporaryDirectory folder_;
  std::vector<std::string> domains_;  // their XML
  std::map<std::string, std::string> config_ = {
      {"daemon",
       "listen = \"" + address() + "\"\noperate = \"" + operators() + "\"\n"},
      {"libvirt", "uri = \"test://" + folder_.Path("domains.xml") + "\"\n"},
      {"host",
       "name = \"" + name_ + "\"\ntrust = \"declared\"\nchronyc = \"\"\n"},
      {"poll", "interval = \"1s\"\n"},
      {"probe", "program = \"" + Program("noonmarkd-probe") + "\"\n"},
      {"correct", "state = \"" + folder_.path() + "\"\n"}};
  std::map<std::string, std::unique_ptr<ChildProcess>> agents_;
  std::unique_ptr<ChildProcess> daemon_;
};

// An empty row where there is none of that name.
const v1::Guest& RowOf(const v1::HostReport& report, const std::string& name);

// Null: there is none, active or past.
const v1::Finding* FindingOf(const v1::Guest& guest, const std::string& code);
bool IsActive(const v1::Guest& guest, const std::string& code);
bool IsOk(const v1::Guest& guest);

// Built with a sanitizer, as the programs are.
bool IsSanitized();
// How long an end may take; sanitizers look for leaks at it.
absl::Duration QuickEnd();

}  // namespace noonmark::testing

#endif  // NOONMARK_TESTS_INTEGRATION_REAL_HOST_H_
